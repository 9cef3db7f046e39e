;;! about = "two objects die in one collection, and their memory is reused"
;;! schedule = "at:6"
;; An object that is put on the free list twice (zoo D14).
;;
;; Three objects are allocated where two were freed. All three must be at
;; different addresses.
(module
  (type $s (struct (field i32)))
  (table $t 4 (ref null $s))
  (func (export "run") (result i32)
    (drop (struct.new $s (i32.const 1)))
    (drop (struct.new $s (i32.const 2)))
    (drop (struct.new $s (i32.const 3)))
    (table.set $t (i32.const 0) (struct.new $s (i32.const 4)))
    (table.set $t (i32.const 1) (struct.new $s (i32.const 5)))
    (table.set $t (i32.const 2) (struct.new $s (i32.const 6)))
    (table.set $t (i32.const 3) (struct.new $s (i32.const 7)))
    (i32.add
      (struct.get $s 0 (table.get $t (i32.const 1)))
      (struct.get $s 0 (table.get $t (i32.const 2))))))
