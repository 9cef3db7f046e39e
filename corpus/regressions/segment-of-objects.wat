;;! about = "a passive segment whose expressions make objects is used, and dropped twice"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/pull/13066 (zoo W10)
;; https://github.com/bytecodealliance/wasmtime/issues/10182 (zoo W1-segment)
;; An array.new_elem that does not count (zoo G1), a drop that releases nothing
;; (zoo G5), a second drop that releases again (zoo D11), and segments that are
;; not roots of a moving collector (zoo G9).
;;
;; A segment owns the objects of its expressions until it is dropped. Copies of
;; its references are counted separately.
(module
  (type $s (struct (field i32)))
  (type $a (array (mut (ref null $s))))
  (global $root (mut (ref null $a)) (ref.null $a))
  (table $t 2 (ref null $s))
  (elem $e (ref null $s)
    (struct.new $s (i32.const 1)) (struct.new $s (i32.const 2)))
  (func (export "use") (result i32)
    (drop (struct.new $s (i32.const 3)))
    (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
    (global.set $root (array.new_elem $a $e (i32.const 0) (i32.const 2)))
    (struct.get $s 0 (table.get $t (i32.const 1))))
  (func (export "drop")
    (elem.drop $e)
    (drop (struct.new $s (i32.const 4))))
  (func (export "drop again") (result i32)
    (elem.drop $e)
    (drop (struct.new $s (i32.const 5)))
    (struct.get $s 0 (table.get $t (i32.const 0)))))
