;;! about = "i31 of edge values beside objects: in fields, arrays, tables and globals, and over objects that die"
;;! schedule = "safepoints"
;;! [[steps]]
;;! call = "mix"
;;! [[steps]]
;;! call = "signs"
;;! [[steps]]
;;! call = "over"
(module
  (type $s (struct (field (mut eqref)) (field (mut i31ref))))
  (type $array (array (mut eqref)))
  (table $t (export "t") 3 eqref)
  (global $g (export "g") (mut eqref) (ref.i31 (i32.const 0x3fff_ffff)))
  (func (export "mix") (result eqref)
    (local $a (ref $array))
    (local.set $a
      (array.new_fixed $array 4
        (ref.i31 (i32.const 0)) (ref.i31 (i32.const -1)) (ref.i31 (i32.const 0x4000_0000))
        (struct.new $s (ref.i31 (i32.const 1)) (ref.i31 (i32.const -0x4000_0000)))))
    (table.set $t (i32.const 0) (array.get $array (local.get $a) (i32.const 3)))
    (table.set $t (i32.const 1) (local.get $a))
    (local.get $a))
  (func (export "signs") (result i32 i32)
    (i31.get_s (ref.cast (ref i31) (global.get $g)))
    (i31.get_u (ref.i31 (i32.const -1))))
  ;; Numbers take the places of objects.
  (func (export "over") (result i32)
    (array.fill $array (ref.cast (ref $array) (table.get $t (i32.const 1)))
      (i32.const 0) (ref.i31 (i32.const 7)) (i32.const 4))
    (table.set $t (i32.const 0) (ref.i31 (i32.const 8)))
    (global.set $g (ref.i31 (i32.const -0x4000_0000)))
    (ref.eq (ref.i31 (i32.const 9)) (ref.i31 (i32.const 9)))))
