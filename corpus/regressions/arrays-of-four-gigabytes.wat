;;! about = "arrays whose size in bytes does not fit into 32 bits"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/pull/13034 (zoo W37)
;; https://github.com/bytecodealliance/wasmtime/pull/13067 (zoo W36)
;; https://github.com/bytecodealliance/wasmtime/issues/10464 (zoo W63)
;;
;; The arithmetic on sizes must not overflow, not even in rounding up.
(module
  (type $words (array (mut i32)))
  (type $bytes (array (mut i8)))
  (func (export "words") (result i32)
    (array.len (array.new_default $words (i32.const 0x40000000))))
  (func (export "bytes") (result i32)
    (array.len (array.new_default $bytes (i32.const -28)))))
