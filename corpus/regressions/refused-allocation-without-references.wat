;;! about = "objects that hold no others, and of which every second one is refused at first"
;;! schedule = "never"
;;! [limits]
;;! refuse = 2
;; https://github.com/bytecodealliance/wasmtime/issues/12456 (the control of zoo W60)
;;
;; Nothing is counted for the operands of these allocations.
(module
  (type $pair (struct (field (mut i32)) (field (mut eqref))))
  (global $kept (mut eqref) (ref.null eq))
  (func (export "run") (result i32)
    (drop (struct.new $pair (i32.const 1) (ref.null eq)))
    (global.set $kept (struct.new $pair (i32.const 2) (ref.i31 (i32.const 3))))
    (drop (struct.new $pair (i32.const 4) (ref.null eq)))
    (global.set $kept (struct.new $pair (i32.const 5) (ref.null eq)))
    (struct.get $pair 0 (ref.cast (ref $pair) (global.get $kept)))))
