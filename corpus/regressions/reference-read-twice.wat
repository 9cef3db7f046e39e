;;! about = "the same reference enters a frame several times"
;;! schedule = "allocations/3"
;; https://github.com/bytecodealliance/wasmtime/pull/13037 (zoo W8)
;; https://github.com/bytecodealliance/wasmtime/pull/13403 (zoo W16)
;; Also objects that leave the stack-root list but stay flagged as members (zoo
;; D6) or keep its count (zoo G4).
;;
;; The stack-root list owns one count of each member, however often it is read.
;; A collection removes the members that no frame holds any more.
(module
  (type $s (struct (field (mut anyref))))
  (global $root (mut (ref null $s)) (ref.null $s))
  (func (export "run") (result i32)
    (local $i i32)
    (global.set $root (struct.new $s (struct.new_default $s)))
    (loop $again
      (drop (struct.get $s 0 (global.get $root)))
      (drop (struct.get $s 0 (global.get $root)))
      (drop (struct.new_default $s))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 12))))
    (local.get $i)))
