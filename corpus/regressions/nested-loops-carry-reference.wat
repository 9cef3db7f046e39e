;;! about = "a reference that the outer of two loops carries, while the inner one collects"
;;! schedule = "safepoints"
;; https://github.com/bytecodealliance/wasmtime/issues/10397 (zoo W18)
;;
;; The inner loop does not use $held, but the outer one does later.
(module
  (type $s (struct (field i32)))
  (func (export "run") (result i32)
    (local $held (ref null $s)) (local $i i32) (local $j i32) (local $sum i32)
    (loop $outer
      (local.set $held (struct.new $s (local.get $i)))
      (local.set $j (i32.const 0))
      (loop $inner
        (drop (struct.new $s (i32.const 9)))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $inner (i32.lt_u (local.get $j) (i32.const 2))))
      (local.set $sum
        (i32.add (local.get $sum) (struct.get $s 0 (local.get $held))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $outer (i32.lt_u (local.get $i) (i32.const 3))))
    (local.get $sum)))
