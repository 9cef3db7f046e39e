;;! about = "a field holds an i31 as an external value"
;; https://github.com/bytecodealliance/wasmtime/issues/10371 (zoo W4)
;;
;; extern.convert_any does not change the bits of a reference. A field of type
;; externref may hold an i31, which is not counted.
(module
  (type $s (struct (field (mut externref))))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run")
    (global.set $root
      (struct.new $s (extern.convert_any (ref.i31 (i32.const 5)))))
    (struct.set $s 0 (global.get $root)
      (extern.convert_any (ref.i31 (i32.const 6))))))
