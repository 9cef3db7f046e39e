;;! about = "an immutable global is read, its object moves, and it is read again"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/pull/13381 (zoo W27)
;; https://github.com/Samsung/walrus/pull/502 (zoo X2)
;;
;; An immutable global cannot be set, but its object can move. The same is true
;; of a mutable global that has just been set.
(module
  (type $s (struct (field i32)))
  (global $fixed (ref $s) (struct.new $s (i32.const 1)))
  (global $set (mut (ref null $s)) (ref.null $s))
  (func (export "run") (result i32)
    (global.set $set (struct.new $s (i32.const 2)))
    (drop (global.get $fixed))
    (drop (struct.new $s (i32.const 3)))
    (i32.add
      (struct.get $s 0 (global.get $fixed))
      (struct.get $s 0 (global.get $set)))))
