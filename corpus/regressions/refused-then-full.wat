;;! about = "an allocation that is refused, and then needs free blocks to be merged"
;;! [limits]
;;! capacity = 8192
;;! refuse = 1
;;! [[steps]]
;;! call = "f"
;;! [[steps]]
;;! call = "f"
;;! [[steps]]
;;! call = "f"
;; A bug of gcdiff: a collection after a refused allocation did not merge free blocks, as it does after
;; one that fails. So the second try failed, too, although neighbouring free blocks had room for the
;; array, and the counting heap was said to be wrong.
(module
  (type $bytes (array i8))
  (type $s (struct))
  (func (export "f")
    (drop (struct.new_default $s))
    (drop (array.new_default $bytes (i32.const 65520)))))
