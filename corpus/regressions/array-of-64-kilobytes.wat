;;! about = "an array of more than 65,536 bytes"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/pull/13034
;; https://github.com/bytecodealliance/wasm-micro-runtime/issues/4942
;;
;; The product of length and element width must not wrap.
(module
  (type $a (array (mut i32)))
  (func (export "run") (result i32)
    (local $x (ref null $a))
    (local.set $x (array.new $a (i32.const 5) (i32.const 17000)))
    (array.get $a (local.get $x) (i32.const 16999))))
