;;! about = "a list is built, reversed in place and cut in the middle"
;;! [[steps]]
;;! call = "build"
;;! args = ["20"]
;;! [[steps]]
;;! call = "reverse"
;;! [[steps]]
;;! call = "sum"
;;! [[steps]]
;;! call = "cut"
;;! args = ["7"]
;;! [[steps]]
;;! collect = true
;;! [[steps]]
;;! call = "sum"
(module
  (type $node (struct (field $value i32) (field $next (mut (ref null $node)))))
  (global $head (export "head") (mut (ref null $node)) (ref.null $node))
  (func (export "build") (param $n i32)
    (loop $again
      (global.set $head (struct.new $node (local.get $n) (global.get $head)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "reverse")
    (local $done (ref null $node)) (local $at (ref null $node)) (local $next (ref null $node))
    (local.set $at (global.get $head))
    (block $end
      (loop $again
        (br_if $end (ref.is_null (local.get $at)))
        (local.set $next (struct.get $node $next (local.get $at)))
        (struct.set $node $next (local.get $at) (local.get $done))
        (local.set $done (local.get $at))
        (local.set $at (local.get $next))
        (br $again)))
    (global.set $head (local.get $done)))
  ;; Everything behind the n-th node goes.
  (func (export "cut") (param $n i32)
    (local $at (ref null $node))
    (local.set $at (global.get $head))
    (loop $again
      (local.set $at (struct.get $node $next (local.get $at)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (struct.set $node $next (local.get $at) (ref.null $node)))
  (func (export "sum") (result i32)
    (local $at (ref null $node)) (local $sum i32)
    (local.set $at (global.get $head))
    (block $end
      (loop $again
        (br_if $end (ref.is_null (local.get $at)))
        (local.set $sum (i32.add (local.get $sum) (struct.get $node $value (local.get $at))))
        (local.set $at (struct.get $node $next (local.get $at)))
        (br $again)))
    (local.get $sum)))
