;;! about = "an unused segment is dropped"
;;! schedule = "safepoints"
;; An elem.drop that does not release its references (zoo G5).
;;
;; The objects have no other owner and die with the segment.
(module
  (type $s (struct (field i32)))
  (elem $e (ref null $s) (struct.new $s (i32.const 1)))
  (func (export "drop")
    (elem.drop $e)
    (drop (struct.new $s (i32.const 4)))))
