;; A bulk operation out of bounds traps for that reason, however much fuel its
;; length would cost.
(module
  (type $bytes (array (mut i8)))
  (memory 1)
  (table 1 funcref)
  (data $d "abc")
  (elem $e func)
  (func (export "memory.fill") (memory.fill (i32.const 0) (i32.const 0) (i32.const -1)))
  (func (export "memory.copy") (memory.copy (i32.const 0) (i32.const 0) (i32.const -1)))
  (func (export "table.fill") (table.fill (i32.const 0) (ref.null func) (i32.const -1)))
  (func (export "table.copy") (table.copy (i32.const 0) (i32.const 0) (i32.const -1)))
  (func (export "table.init") (table.init $e (i32.const 0) (i32.const 0) (i32.const -1)))
  (func (export "array.new_data")
    (drop (array.new_data $bytes $d (i32.const 0) (i32.const -1))))
  (func (export "array.fill") (param i32)
    (array.fill $bytes (array.new_default $bytes (i32.const 4))
      (local.get 0) (i32.const 1) (i32.const -1))))
(assert_trap (invoke "memory.fill") "out of bounds memory access")
(assert_trap (invoke "memory.copy") "out of bounds memory access")
(assert_trap (invoke "table.fill") "out of bounds table access")
(assert_trap (invoke "table.copy") "out of bounds table access")
(assert_trap (invoke "table.init") "out of bounds table access")
(assert_trap (invoke "array.new_data") "out of bounds memory access")
(assert_trap (invoke "array.fill" (i32.const 0)) "out of bounds array access")
;; The sum of start and length wraps.
(assert_trap (invoke "array.fill" (i32.const 1)) "out of bounds array access")

;; An array that is too large for any heap traps for that reason, too.
(module
  (type $bytes (array (mut i8)))
  (type $longs (array (mut i64)))
  (func (export "bytes") (drop (array.new_default $bytes (i32.const -1))))
  (func (export "longs") (drop (array.new_default $longs (i32.const -1)))))
(assert_trap (invoke "bytes") "allocation size too large")
(assert_trap (invoke "longs") "allocation size too large")
