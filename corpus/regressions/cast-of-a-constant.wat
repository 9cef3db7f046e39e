;;! about = "ref.cast of what a constant expression has made"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasm-micro-runtime/issues/4805 (zoo X4)
;;
;; An object has its type wherever it was made.
(module
  (type $s (struct (field i32)))
  (global $root anyref (struct.new $s (i32.const 7)))
  (func (export "run") (result i32)
    (struct.get $s 0 (ref.cast (ref $s) (global.get $root)))))
