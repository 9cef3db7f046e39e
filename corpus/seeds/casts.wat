;;! about = "casts and tests that succeed and that fail, over subtypes, i31 and null"
;;! schedule = "allocations"
;;! [[steps]]
;;! call = "kinds"
;;! [[steps]]
;;! call = "down"
;;! [[steps]]
;;! call = "wrong"
(module
  (type $a (sub (struct (field (mut i32)))))
  (type $b (sub $a (struct (field (mut i32)) (field (mut anyref)))))
  (type $c (sub final $b (struct (field (mut i32)) (field (mut anyref)) (field (mut (ref null $a))))))
  (type $array (array (mut anyref)))
  (func $kind (param $x anyref) (result i32)
    (block $is_b (result (ref $b))
      (block $is_i31 (result (ref i31))
        (block $is_array (result (ref $array))
          (drop (br_on_cast $is_b anyref (ref $b) (local.get $x)))
          (drop (br_on_cast $is_i31 anyref (ref i31) (local.get $x)))
          (drop (br_on_cast $is_array anyref (ref $array) (local.get $x)))
          (return (select (i32.const 8) (i32.const 4) (ref.is_null (local.get $x)))))
        (drop)
        (return (i32.const 3)))
      (drop)
      (return (i32.const 2)))
    (drop)
    (i32.const 1))
  (func (export "kinds") (result i32 i32 i32 i32 i32)
    (call $kind (struct.new_default $a))
    (call $kind (struct.new_default $b))
    (call $kind (ref.i31 (i32.const 5)))
    (call $kind (array.new $array (struct.new_default $a) (i32.const 3)))
    (call $kind (ref.null none)))
  ;; The object has no owner but the operand of the cast.
  (func (export "down") (result i32)
    (struct.get $a 0
      (ref.cast (ref $b) (struct.new $b (i32.const 42) (struct.new_default $a)))))
  (func (export "wrong") (result i32)
    (struct.get $a 0
      (ref.cast (ref $b) (struct.new $a (i32.const 1))))))
