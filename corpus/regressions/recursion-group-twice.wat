;;! about = "a recursion group equal to an earlier one precedes another group"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/issues/10435 (zoo W42)
;;
;; The second group is equal to the first. The types after it have numbers that
;; do not follow from their positions in the module.
(module
  (rec (type $a (struct (field i32))) (type $b (struct (field i64))))
  (rec (type $c (struct (field i32))) (type $d (struct (field i64))))
  (rec (type $e (struct (field i64) (field i64))) (type $f (struct (field i32))))
  (global $root (mut anyref) (ref.null any))
  (func (export "run") (result i32)
    (global.set $root (struct.new $e (i64.const 1) (i64.const 2)))
    (ref.test (ref $e) (global.get $root))))
