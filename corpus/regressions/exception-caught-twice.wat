;;! about = "an exception that is caught, thrown again and caught again"
;;! schedule = "never"
;; https://github.com/WasmEdge/WasmEdge/issues/4873 (zoo X65)
;; https://github.com/oracle/graaljs/issues/1117 (zoo X66)
;;
;; Its payload is the object that was thrown.
(module
  (type $box (struct (field (mut i32))))
  (tag $thrown (param (ref null $box)))
  (func $rethrow (param $box (ref null $box))
    (block $caught (result (ref null $box) exnref)
      (try_table (catch_ref $thrown $caught) (throw $thrown (local.get $box)))
      (unreachable))
    (throw_ref))
  (func (export "run") (result i32)
    (local $box (ref null $box))
    (local.set $box (struct.new $box (i32.const 8)))
    (block $caught (result (ref null $box))
      (try_table (catch $thrown $caught) (call $rethrow (local.get $box)))
      (unreachable))
    (ref.eq (local.get $box))))
