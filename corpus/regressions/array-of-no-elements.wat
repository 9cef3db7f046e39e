;;! about = "an array of no elements"
;;! schedule = "never"
;; https://github.com/WasmEdge/WasmEdge/issues/3947 (zoo X64)
;;
;; It is an object.
(module
  (type $list (array (mut eqref)))
  (func (export "run") (result i32)
    (array.len (array.new_fixed $list 0))))
