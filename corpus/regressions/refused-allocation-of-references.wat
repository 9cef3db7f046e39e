;;! about = "objects that hold others, and of which every second one is refused at first"
;;! schedule = "never"
;;! [limits]
;;! refuse = 2
;; https://github.com/bytecodealliance/wasmtime/issues/12456 (zoo W60)
;;
;; An allocation that fails must not keep the counts of its operands, and the second try must ask for
;; the same size as the first.
(module
  (type $pair (struct (field (mut eqref)) (field (mut eqref))))
  (type $list (array (mut eqref)))
  (global $kept (mut eqref) (ref.null eq))
  (func (export "run") (result i32)
    (local $a eqref)
    (local.set $a (struct.new $pair (ref.null eq) (ref.i31 (i32.const 1))))
    (global.set $kept (struct.new $pair (local.get $a) (local.get $a)))
    (drop (array.new_fixed $list 2 (local.get $a) (global.get $kept)))
    (global.set $kept (array.new_fixed $list 3 (local.get $a) (local.get $a) (global.get $kept)))
    (array.len (ref.cast (ref $list) (global.get $kept)))))
