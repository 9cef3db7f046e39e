;;! about = "struct.new with values that packed fields cannot hold"
;;! schedule = "never"
;; https://github.com/WebAssembly/binaryen/pull/3868 (zoo X11)
;;
;; A field of eight or sixteen bits stores the low bits of its value.
(module
  (type $s (struct (field i8) (field i16)))
  (func (export "run") (result i32 i32)
    (local $x (ref null $s))
    (local.set $x (struct.new $s (i32.const 0x1ff) (i32.const 0x2fffe)))
    (struct.get_u $s 0 (local.get $x))
    (struct.get_u $s 1 (local.get $x))))
