;;! about = "two references to one array, which moves"
;;! schedule = "safepoints"
;; SpiderMonkey, a report of 2026 (zoo X7)
;;
;; After the move, both references must refer to the same array.
(module
  (type $a (array (mut i32)))
  (global $one (mut (ref null $a)) (ref.null $a))
  (global $other (mut (ref null $a)) (ref.null $a))
  (func (export "run") (result i32)
    (global.set $one (array.new_default $a (i32.const 2)))
    (global.set $other (global.get $one))
    (drop (array.new_default $a (i32.const 1)))
    (ref.eq (global.get $one) (global.get $other))))
