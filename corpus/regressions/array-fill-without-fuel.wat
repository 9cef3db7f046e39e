;;! about = "array.fill of more elements than the fuel pays for"
;;! schedule = "never"
;;! limits = { fuel = 500 }
;; https://github.com/bytecodealliance/wasmtime/pull/14045 (zoo W50)
;;
;; A bulk operation is executed completely or not at all. A later call, with new
;; fuel, inspects the array.
(module
  (type $a (array (mut i32)))
  (global $root (ref $a) (array.new_default $a (i32.const 600)))
  (func (export "fill")
    (array.fill $a (global.get $root) (i32.const 0) (i32.const 7) (i32.const 600)))
  (func (export "look") (result i32)
    (array.get $a (global.get $root) (i32.const 0))))
