;;! about = "globals and tables are the only owners of objects, and are overwritten"
;;! schedule = "allocations"
;; An initialising write that does not count (zoo G2), and an overwrite that
;; does not release the old reference (zoo G3).
;;
;; Globals, tables and handles of the host are owners like fields.
(module
  (type $s (struct (field i32)))
  (global $root (mut (ref null $s)) (struct.new $s (i32.const 1)))
  (table $t 1 (ref null $s))
  (func (export "read") (result i32)
    (drop (struct.new $s (i32.const 2)))
    (struct.get $s 0 (global.get $root)))
  (func (export "write")
    (table.set $t (i32.const 0) (struct.new $s (i32.const 3)))
    (table.set $t (i32.const 0) (ref.null $s))
    (global.set $root (ref.null $s))
    (drop (struct.new $s (i32.const 4)))
    (drop (struct.new $s (i32.const 5)))))
