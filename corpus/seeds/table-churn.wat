;;! about = "a table is filled, copied onto itself in both directions, grown and overwritten"
;;! schedule = "allocations"
;;! [[steps]]
;;! call = "fill"
;;! [[steps]]
;;! call = "shift"
;;! args = ["0", "2"]
;;! [[steps]]
;;! call = "shift"
;;! args = ["3", "1"]
;;! [[steps]]
;;! call = "grow"
;;! [[steps]]
;;! call = "churn"
;;! args = ["12"]
(module
  (type $cell (struct (field (mut i32)) (field (mut eqref))))
  (table $t (export "t") 8 20 eqref)
  (func (export "fill")
    (table.fill $t (i32.const 0) (struct.new $cell (i32.const 1) (ref.null eq)) (i32.const 4))
    (table.fill $t (i32.const 4) (ref.i31 (i32.const -1)) (i32.const 2)))
  (func (export "shift") (param $from i32) (param $to i32)
    (table.set $t (local.get $from) (struct.new $cell (i32.const 2) (ref.null eq)))
    (table.copy $t $t (local.get $to) (local.get $from) (i32.const 5)))
  (func (export "grow") (result i32)
    (table.grow $t (struct.new $cell (i32.const 3) (ref.null eq)) (i32.const 3)))
  ;; Each new cell owns the element whose place it takes.
  (func (export "churn") (param $n i32)
    (local $i i32)
    (loop $again
      (local.set $i (i32.rem_u (i32.mul (local.get $n) (i32.const 5)) (table.size $t)))
      (table.set $t (local.get $i)
        (struct.new $cell (local.get $n) (table.get $t (local.get $i))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
