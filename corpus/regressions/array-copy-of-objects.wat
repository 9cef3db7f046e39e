;;! about = "array.copy of objects made by an earlier call"
;;! [[steps]]
;;! call = "make"
;;! [[steps]]
;;! call = "copy"
;;! [[steps]]
;;! call = "copy"
;; https://github.com/bytecodealliance/wasmtime/issues/10182 (zoo W1)
;;
;; The array.copy of the issue alone: a function made the copied objects, not an
;; initialiser. The runtime made a handle of each element that it read without
;; counting it, and released one count when the handle's scope ended. This frees
;; the first structure while the array still holds it. No instruction reads it
;; again, so all calls return correct results.
(module
  (type $s (struct (field i32)))
  (type $a (array (mut (ref null $s))))
  (global $g (mut (ref null $a)) (ref.null $a))
  (func (export "make")
    (global.set $g
      (array.new_fixed $a 2
        (struct.new $s (i32.const 1))
        (struct.new $s (i32.const 2)))))
  (func (export "copy") (result i32)
    (array.copy $a $a
      (global.get $g) (i32.const 1)
      (global.get $g) (i32.const 0)
      (i32.const 1))
    (array.len (global.get $g))))
