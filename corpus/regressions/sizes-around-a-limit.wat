;;! about = "arrays of every size around 256 bytes"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/pull/13067
;;
;; Rounding up a size must not carry it past a limit unnoticed.
(module
  (type $a (array (mut i8)))
  (func (export "run") (result i32)
    (local $n i32)
    (local.set $n (i32.const 208))
    (loop $next
      (drop (array.new $a (i32.const 1) (local.get $n)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $n) (i32.const 264))))
    (local.get $n)))
