;;! about = "tail calls, direct, by table and by reference, whose arguments are the only owners of objects"
;;! schedule = "safepoints"
;;! [[steps]]
;;! call = "direct"
;;! args = ["9"]
;;! [[steps]]
;;! call = "indirect"
;;! args = ["9"]
;;! [[steps]]
;;! call = "by reference"
;;! args = ["9"]
(module
  (type $pair (struct (field i32) (field anyref)))
  (type $f (func (param i32 anyref) (result anyref)))
  (table $t funcref (elem $by_table $by_ref))
  (func $direct (type $f)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $direct
      (i32.sub (local.get 0) (i32.const 1))
      (struct.new $pair (local.get 0) (local.get 1))))
  (func $by_table (type $f)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call_indirect $t (type $f)
      (i32.sub (local.get 0) (i32.const 1))
      (struct.new $pair (local.get 0) (local.get 1))
      (i32.and (local.get 0) (i32.const 1))))
  (func $by_ref (type $f)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call_ref $f
      (i32.sub (local.get 0) (i32.const 1))
      (struct.new $pair (local.get 0) (local.get 1))
      (ref.func $by_table)))
  (func (export "direct") (param i32) (result anyref)
    (return_call $direct (local.get 0) (ref.null any)))
  (func (export "indirect") (param i32) (result anyref)
    (return_call $by_table (local.get 0) (ref.null any)))
  (func (export "by reference") (param i32) (result anyref)
    (return_call $by_ref (local.get 0) (ref.null any))))
