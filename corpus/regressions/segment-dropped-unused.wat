;;! about = "a segment is dropped that nobody has used"
;;! schedule = "safepoints"
;; A drop that gives up nothing (zoo G5).
;;
;; The objects have no other owner and die with the segment.
(module
  (type $s (struct (field i32)))
  (elem $e (ref null $s) (struct.new $s (i32.const 1)))
  (func (export "drop")
    (elem.drop $e)
    (drop (struct.new $s (i32.const 4)))))
