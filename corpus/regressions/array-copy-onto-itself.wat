;;! about = "array.copy of an array onto itself, while only a frame refers to it"
;;! schedule = "allocations"
;; https://github.com/bytecodealliance/wasmtime/issues/10182 (zoo W1)
;;
;; The runtime's helper for array.copy gave up a count for each array that it
;; was handed, without ever taking one. The array below has a single count, that
;; of the stack-root list, because locals are not counted. The copy takes it
;; away, and the next collection finds a live object without a count.
(module
  (type $refs (array (mut anyref)))
  (func (export "run") (result i32)
    (local $a (ref null $refs))
    (local.set $a (array.new $refs (ref.i31 (i32.const 7)) (i32.const 4)))
    (array.copy $refs $refs
      (local.get $a) (i32.const 1)
      (local.get $a) (i32.const 0)
      (i32.const 3))
    ;; Allocating makes the collector look at the frame, which still has $a.
    (drop (array.new_default $refs (i32.const 1)))
    (array.len (local.get $a))))
