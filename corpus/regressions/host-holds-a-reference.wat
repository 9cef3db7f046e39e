;;! about = "the host keeps a returned reference"
;;! schedule = "safepoints"
;; Handles that are not roots of a moving collector (zoo G10).
;;
;; The object is live, and the handle refers to its current address.
(module
  (type $s (struct (field i32)))
  (func (export "make") (result (ref $s))
    (struct.new $s (i32.const 7)))
  (func (export "run")
    (drop (struct.new $s (i32.const 1)))
    (drop (struct.new $s (i32.const 2)))))
