;;! about = "objects are passed to a function of the host, which keeps them"
;; https://github.com/bytecodealliance/wasmtime/issues/10182 (zoo W1-host)
;;
;; The runtime made a handle of each argument without counting it, and released
;; one count when the scope of the call's handles ended.
(module
  (type $s (struct (field i32)))
  (import "host" "keep" (func $keep (param i32 (ref null $s) anyref)))
  (global $g (mut (ref null $s)) (ref.null $s))
  (func (export "run") (result i32)
    (global.set $g (struct.new $s (i32.const 1)))
    (call $keep (i32.const 2) (global.get $g) (ref.i31 (i32.const 3)))
    (struct.get $s 0 (global.get $g))))
