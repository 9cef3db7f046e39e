;;! about = "an exception that carries a reference is caught, kept and thrown again"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/pull/13316 (zoo W9)
;; https://github.com/bytecodealliance/wasmtime/pull/13326 (zoo W14)
;; Payloads that are not counted (zoo G6), not put in the stack-root list when
;; they are caught (zoo G14), or not scanned (zoo G12).
;;
;; An exception is an object that owns its payload. The store owns it while it
;; is pending; later, the places that hold it own it.
(module
  (type $s (struct (field i32)))
  (tag $e (param (ref $s)))
  (global $kept (mut exnref) (ref.null exn))
  (func $throw
    (throw $e (struct.new $s (i32.const 7))))
  (func (export "keep") (result i32)
    (block $caught (result (ref $s) exnref)
      (try_table (catch_ref $e $caught) (call $throw))
      (return (i32.const 0)))
    (global.set $kept)
    (drop (struct.new $s (i32.const 1)))
    (struct.get $s 0))
  (func (export "again") (result i32)
    (local $s (ref null $s))
    (drop (struct.new $s (i32.const 2)))
    (block $caught (result (ref $s))
      (try_table (catch $e $caught) (throw_ref (global.get $kept)))
      (return (i32.const 0)))
    (local.set $s)
    (global.set $kept (ref.null exn))
    (drop (struct.new $s (i32.const 3)))
    (struct.get $s 0 (local.get $s)))
  (func (export "drop")
    (drop (struct.new $s (i32.const 4)))
    (drop (struct.new $s (i32.const 5)))))
