;;! about = "a tail call passes the only reference to an object"
;;! schedule = "safepoints"
;; Stack maps that omit the arguments of a tail call (zoo G7).
;;
;; The frame that held the object is gone when the callee is entered.
(module
  (type $s (struct (field i32)))
  (func $callee (param (ref $s)) (result i32)
    (drop (struct.new $s (i32.const 0)))
    (struct.get $s 0 (local.get 0)))
  (func (export "run") (result i32)
    (return_call $callee (struct.new $s (i32.const 7)))))
