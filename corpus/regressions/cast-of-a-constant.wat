;;! about = "ref.cast of an object made by a constant expression"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasm-micro-runtime/issues/4805 (zoo X4)
;;
;; An object has its type no matter which kind of expression made it.
(module
  (type $s (struct (field i32)))
  (global $root anyref (struct.new $s (i32.const 7)))
  (func (export "run") (result i32)
    (struct.get $s 0 (ref.cast (ref $s) (global.get $root)))))
