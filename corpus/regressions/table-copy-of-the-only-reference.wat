;;! about = "table.copy moves references that nothing else holds"
;;! schedule = "safepoints"
;; https://docs.python.org/3/c-api/refcounting.html (zoo D1-slot)
;;
;; As in array.copy, an overlapping copy moves references between elements.
(module
  (type $s (struct (field i32)))
  (table $t 3 (ref null $s))
  (func (export "fill")
    (table.set $t (i32.const 0) (struct.new $s (i32.const 1)))
    (table.set $t (i32.const 1) (struct.new $s (i32.const 2)))
    (table.set $t (i32.const 2) (struct.new $s (i32.const 3)))
    (drop (struct.new $s (i32.const 0))))
  (func (export "shift") (result i32)
    (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 2))
    (drop (struct.new $s (i32.const 0)))
    (struct.get $s 0 (table.get $t (i32.const 2)))))
