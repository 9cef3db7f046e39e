;;! about = "a field holds an object as an external value"
;;! schedule = "safepoints"
;; Fields of external types that are not scanned (zoo G13).
;;
;; extern.convert_any makes no copy: the externref refers to the same object,
;; which moves.
(module
  (type $s (struct (field i32)))
  (type $e (struct (field (mut externref))))
  (global $root (mut (ref null $e)) (ref.null $e))
  (func (export "run") (result i32)
    (global.set $root
      (struct.new $e (extern.convert_any (struct.new $s (i32.const 7)))))
    (drop (struct.new $s (i32.const 1)))
    (struct.get $s 0
      (ref.cast (ref $s)
        (any.convert_extern (struct.get $e 0 (global.get $root)))))))
