;;! about = "ref.test and ref.cast of null to a nullable i31"
;;! schedule = "never"
;; https://github.com/titzer/wizard-engine/pull/274 (zoo X10-i31)
;;
;; none is a subtype of i31, so null is an i31ref.
(module
  (global $null (mut anyref) (ref.null none))
  (func (export "test") (result i32)
    (ref.test i31ref (global.get $null)))
  (func (export "cast") (result i31ref)
    (ref.cast i31ref (global.get $null))))
