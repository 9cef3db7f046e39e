;;! about = "array.new and array.fill write one reference many times"
;;! schedule = "allocations"
;; One count for all copies (zoo D2, D2-new), counts that wrap (zoo D10), and a
;; moving collector that skips the last element (zoo G11).
;;
;; Each element is an owner. Overwriting one of them releases one count.
(module
  (type $s (struct (field i32)))
  (type $a (array (mut (ref null $s))))
  (global $new (mut (ref null $a)) (ref.null $a))
  (global $filled (mut (ref null $a)) (ref.null $a))
  (func (export "run") (result i32)
    (global.set $new
      (array.new $a (struct.new $s (i32.const 1)) (i32.const 300)))
    (global.set $filled (array.new_default $a (i32.const 3)))
    (array.fill $a
      (global.get $filled) (i32.const 0) (struct.new $s (i32.const 2))
      (i32.const 3))
    (drop (struct.new $s (i32.const 3)))
    (array.set $a (global.get $new) (i32.const 0) (ref.null $s))
    (array.set $a (global.get $filled) (i32.const 0) (ref.null $s))
    (drop (struct.new $s (i32.const 4)))
    (struct.get $s 0 (array.get $a (global.get $filled) (i32.const 2)))))
