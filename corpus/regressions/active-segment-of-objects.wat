;;! about = "an active segment and array.init_elem copy objects made by initialisers"
;; https://github.com/bytecodealliance/wasmtime/issues/10182 (zoo W1-segment)
;;
;; The runtime made a handle of each item without counting it, and released one
;; count when the handle's scope ended. An active segment is dropped after it
;; has been copied. From then on, only the table holds the objects.
(module
  (type $s (struct (field i32)))
  (type $a (array (mut (ref null $s))))
  (table $t 2 (ref null $s))
  (elem (table $t) (i32.const 0) (ref null $s)
    (struct.new $s (i32.const 1)) (struct.new $s (i32.const 2)))
  (elem $e (ref null $s) (struct.new $s (i32.const 3)))
  (global $g (mut (ref null $a)) (array.new_default $a (i32.const 2)))
  (func (export "init")
    (array.init_elem $a $e
      (global.get $g) (i32.const 1) (i32.const 0) (i32.const 1)))
  (func (export "read") (result i32)
    (i32.add
      (struct.get $s 0 (table.get $t (i32.const 1)))
      (struct.get $s 0 (array.get $a (global.get $g) (i32.const 1))))))
