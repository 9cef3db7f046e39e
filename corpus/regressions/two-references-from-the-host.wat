;;! about = "the host passes two references, and the entry of the function collects"
;;! schedule = "safepoints"
;; https://nvd.nist.gov/vuln/detail/CVE-2021-39216 (zoo W30)
;;
;; Both arguments are roots from the moment the host releases them. (They have
;; different types so that the host does not pass one object twice.)
(module
  (type $s (struct (field i32)))
  (type $t (struct (field i64)))
  (func (export "run") (param (ref null $s) (ref null $t)) (result i64)
    (drop (struct.new $s (i32.const 0)))
    (i64.add
      (i64.extend_i32_u (struct.get $s 0 (local.get 0)))
      (struct.get $t 0 (local.get 1)))))
