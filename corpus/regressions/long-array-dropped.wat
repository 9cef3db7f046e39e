;;! about = "an array with more than a thousand objects dies"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/issues/12958 (zoo W17)
;;
;; Freeing one object may free any number of others, so no stack may grow with
;; that number.
(module
  (type $s (struct))
  (type $a (array (mut (ref null $s))))
  (global $root (mut (ref null $a)) (ref.null $a))
  (func (export "run")
    (local $i i32)
    (global.set $root (array.new_default $a (i32.const 1200)))
    (loop $next
      (array.set $a (global.get $root) (local.get $i) (struct.new $s))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 1200)))))
  (func (export "drop")
    (global.set $root (ref.null $a))))
