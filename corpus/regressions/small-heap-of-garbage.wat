;;! about = "a heap of 256 bytes: garbage first, then more live objects than it has room for"
;;! schedule = "never"
;;! [limits]
;;! capacity = 256
;; https://github.com/bytecodealliance/wasmtime/issues/13756 (zoo W62)
;; https://github.com/bytecodealliance/wasmtime/issues/13141 (zoo W65)
;;
;; A full heap looks for garbage before it grows. When it grows, no write is lost:
;; the list has as many nodes as were made.
(module
  (type $node (struct (field (mut (ref null $node))) (field (mut i64))))
  (global $list (mut (ref null $node)) (ref.null $node))
  (func (export "run") (result i32)
    (local $i i32) (local $at (ref null $node))
    (loop $garbage
      (drop (struct.new $node (global.get $list) (i64.const 7)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $garbage (i32.lt_u (local.get $i) (i32.const 24))))
    (loop $live
      (global.set $list (struct.new $node (global.get $list) (i64.const 9)))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (br_if $live (local.get $i)))
    (local.set $at (global.get $list))
    (loop $count
      (local.set $at (struct.get $node 0 (local.get $at)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $count (i32.eqz (ref.is_null (local.get $at)))))
    (local.get $i)))
