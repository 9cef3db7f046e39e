;;! about = "element segments of objects and i31 fill arrays and tables, are dropped, and are used after that"
;;! schedule = "allocations"
;;! [[steps]]
;;! call = "array"
;;! [[steps]]
;;! call = "table"
;;! [[steps]]
;;! call = "gone"
;;! [[steps]]
;;! call = "array"
;;! [[steps]]
;;! call = "read"
(module
  (type $s (struct (field i32)))
  (type $refs (array (mut eqref)))
  (global $one (ref $s) (struct.new $s (i32.const 1)))
  (elem $e eqref
    (item (global.get $one))
    (item (struct.new $s (i32.const 2)))
    (item (ref.i31 (i32.const 3)))
    (item (ref.null eq)))
  (table $t (export "t") 4 eqref)
  (global $array (export "array kept") (mut (ref null $refs)) (ref.null $refs))
  (func (export "array")
    (local $a (ref $refs))
    (local.set $a (array.new_elem $refs $e (i32.const 0) (i32.const 4)))
    (array.init_elem $refs $e (local.get $a) (i32.const 2) (i32.const 0) (i32.const 2))
    (global.set $array (local.get $a)))
  (func (export "table")
    (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 4)))
  (func (export "gone")
    (elem.drop $e)
    (drop (array.new_elem $refs $e (i32.const 0) (i32.const 0))))
  ;; What came from the segment outlives it.
  (func (export "read") (result i32)
    (i32.add
      (struct.get $s 0 (ref.cast (ref $s) (table.get $t (i32.const 1))))
      (struct.get $s 0 (ref.cast (ref $s) (array.get $refs (global.get $array) (i32.const 3)))))))
