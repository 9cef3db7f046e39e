;;! about = "array.copy from an array whose elements are of a subtype"
;;! schedule = "never"
;; https://github.com/titzer/wizard-engine/pull/665 (zoo X10)
;; Also a witness of an array.copy that releases its arrays (zoo G15).
;;
;; The types of the two arrays may differ. All collectors share the code that
;; copies, so only the model reveals the fault.
(module
  (type $any (array (mut anyref)))
  (type $i31 (array (mut i31ref)))
  (func (export "run") (result i32)
    (local $x (ref null $any))
    (local.set $x (array.new_default $any (i32.const 2)))
    (array.copy $any $i31
      (local.get $x) (i32.const 0)
      (array.new $i31 (ref.i31 (i32.const 7)) (i32.const 2)) (i32.const 0)
      (i32.const 2))
    (ref.is_null (array.get $any (local.get $x) (i32.const 1)))))
