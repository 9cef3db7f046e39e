;;! about = "an endless loop whose branch back is br_on_cast"
;;! schedule = "never"
;;! limits = { fuel = 2000 }
;; https://github.com/bytecodealliance/wasmtime/issues/11426 (zoo W46)
;;
;; Every iteration of a loop costs fuel, whichever instruction branches back.
;; Both runs must end with all fuel consumed.
(module
  (type $s (struct))
  (func (export "run")
    (local $x (ref null $s))
    (local.set $x (struct.new $s))
    (ref.as_non_null (local.get $x))
    (loop $again (param (ref $s))
      (drop)
      (br_on_cast $again anyref (ref $s) (local.get $x))
      (drop))))
