;;! about = "exceptions carry objects through frames; they are caught, kept, thrown again, and leave to the host"
;;! schedule = "allocations"
;;! [[steps]]
;;! call = "catch"
;;! args = ["6"]
;;! [[steps]]
;;! call = "keep"
;;! [[steps]]
;;! call = "again"
;;! [[steps]]
;;! collect = true
;;! [[steps]]
;;! call = "again"
(module
  (type $box (struct (field i32) (field (ref null $box))))
  (tag $t (export "t") (param (ref $box)))
  (global $kept (export "kept") (mut exnref) (ref.null exn))
  ;; Every frame holds an object of its own while the exception passes.
  (func $deep (param $n i32) (param $chain (ref null $box))
    (local $mine (ref null $box))
    (local.set $mine (struct.new $box (local.get $n) (local.get $chain)))
    (if (i32.eqz (local.get $n))
      (then (throw $t (ref.as_non_null (local.get $mine)))))
    (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $mine))
    (drop (local.get $mine)))
  (func (export "catch") (param $n i32) (result (ref null $box))
    (block $caught (result (ref $box))
      (try_table (catch $t $caught)
        (call $deep (local.get $n) (ref.null $box)))
      (return (ref.null $box))))
  (func (export "keep")
    (block $caught (result (ref $box) exnref)
      (try_table (catch_ref $t $caught)
        (call $deep (i32.const 2) (ref.null $box)))
      (return))
    (global.set $kept)
    (drop))
  (func (export "again")
    (drop (struct.new $box (i32.const -1) (ref.null $box)))
    (throw_ref (global.get $kept))))
