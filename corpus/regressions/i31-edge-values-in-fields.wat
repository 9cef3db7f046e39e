;;! about = "i31 values of both signs, written over each other"
;;! schedule = "allocations"
;; https://github.com/bytecodealliance/wasmtime/issues/10171 (zoo W3)
;; https://github.com/bytecodealliance/wasmtime/pull/13307 (zoo W5)
;;
;; An i31 is never an object, whatever its bits. A barrier that takes one for an
;; address changes a count in unrelated memory.
(module
  (type $s (struct (field (mut anyref)) (field (mut anyref))))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run") (result i32)
    (global.set $root
      (struct.new $s (ref.i31 (i32.const -1)) (ref.i31 (i32.const 0x3fffffff))))
    (struct.set $s 0 (global.get $root) (ref.i31 (i32.const 1)))
    (struct.set $s 1 (global.get $root) (ref.i31 (i32.const -0x40000000)))
    (i31.get_s (ref.cast (ref i31) (struct.get $s 1 (global.get $root))))))
