;;! about = "the host keeps what a function has returned"
;;! schedule = "safepoints"
;; Handles that are no roots of a moving collector (zoo G10).
;;
;; The object is alive, and where the handle says.
(module
  (type $s (struct (field i32)))
  (func (export "make") (result (ref $s))
    (struct.new $s (i32.const 7)))
  (func (export "run")
    (drop (struct.new $s (i32.const 1)))
    (drop (struct.new $s (i32.const 2)))))
