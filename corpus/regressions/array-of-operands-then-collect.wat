;;! about = "an array of new objects, each of which is an operand and nothing else; a collection comes first"
;;! schedule = "allocations"
;; https://github.com/WebKit/WebKit/pull/39721 (zoo X61)
;;
;; The operands of an allocation are roots during its own collection.
(module
  (type $box (struct (field (mut i32))))
  (type $boxes (array (mut (ref null $box))))
  (func (export "run") (result i32)
    (struct.get $box 0 (array.get $boxes
      (array.new_fixed $boxes 2 (struct.new $box (i32.const 4)) (struct.new $box (i32.const 5)))
      (i32.const 1)))))
