;;! about = "the host makes a structure for an imported table, before any item has brought its types"
;;
;; The engine's store had no types yet when the host made the elements, and the harness panicked: an
;; imported table did not bring them, as an imported global does.
(module
  (type $s (struct (field (mut i32))))
  (import "host" "table" (table $t 2 (ref $s)))
  (func (export "read") (result i32)
    (struct.get $s 0 (table.get $t (i32.const 1)))))
