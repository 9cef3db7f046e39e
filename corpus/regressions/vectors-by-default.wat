;;! about = "vectors in objects of default values, in memory that has been in use before"
;;! schedule = "allocations"
;; https://github.com/WebKit/WebKit/pull/60316 (zoo X60)
;;
;; All sixteen bytes are zero.
(module
  (type $wide (struct (field (mut v128)) (field (mut eqref))))
  (type $many (array (mut v128)))
  (func (export "run") (result i32)
    (drop (struct.new $wide (v128.const i64x2 -1 -1) (ref.null eq)))
    (drop (array.new $many (v128.const i64x2 -1 -1) (i32.const 2)))
    (i32.or
      (v128.any_true (struct.get $wide 0 (struct.new_default $wide)))
      (v128.any_true (array.get $many (array.new_default $many (i32.const 2)) (i32.const 1))))))
