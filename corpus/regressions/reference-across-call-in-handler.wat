;;! about = "a reference is live across a call inside try_table"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/issues/11753 (zoo W23)
;; https://github.com/bytecodealliance/wasmtime/pull/13693 (zoo W28)
;; https://nvd.nist.gov/vuln/detail/CVE-2022-31146 (zoo W31)
;;
;; While the callee collects, only the waiting frame holds the object. Its own
;; map must be used, also for a call inside try_table.
(module
  (type $s (struct (field i32)))
  (func $callee (param i32 i32 i32) (result i32)
    (drop (struct.new $s (i32.const 0)))
    (local.get 2))
  (func (export "run") (result i32)
    (local $x (ref null $s))
    (local.set $x (struct.new $s (i32.const 7)))
    (block $caught
      (try_table (catch_all $caught)
        (drop (call $callee (i32.const 16) (i32.const 32) (i32.const 48)))))
    (struct.get $s 0 (local.get $x))))
