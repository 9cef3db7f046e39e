;;! about = "array.copy moves a reference that nothing else holds"
;;! schedule = "safepoints"
;; https://docs.python.org/3/c-api/refcounting.html (zoo D1)
;; Also overlapping copies in the wrong direction (zoo D4), and elements that
;; are released after they have been read (zoo W1).
;;
;; An overwritten element may be the only owner, direct or indirect, of a copied
;; object. All new references are counted before old ones are released.
(module
  (type $s (struct (field i32)))
  (type $a (array (mut (ref null $s))))
  (global $root (mut (ref null $a)) (ref.null $a))
  (func $object (param i32) (result (ref $s))
    (struct.new $s (local.get 0)))
  (func (export "shift") (result i32)
    (global.set $root
      (array.new_fixed $a 3
        (call $object (i32.const 1)) (call $object (i32.const 2))
        (call $object (i32.const 3))))
    (drop (call $object (i32.const 4)))
    (array.copy $a $a
      (global.get $root) (i32.const 1) (global.get $root) (i32.const 0)
      (i32.const 2))
    (drop (call $object (i32.const 5)))
    (struct.get $s 0 (array.get $a (global.get $root) (i32.const 2))))
  (func (export "rotate") (result i32)
    (array.copy $a $a
      (global.get $root) (i32.const 0) (global.get $root) (i32.const 1)
      (i32.const 2))
    (drop (call $object (i32.const 6)))
    (struct.get $s 0 (array.get $a (global.get $root) (i32.const 0)))))
