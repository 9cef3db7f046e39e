;;! about = "objects without fields, one of them freed between others"
;;! schedule = "allocations"
;; https://github.com/bytecodealliance/wasmtime/issues/10349 (zoo W34)
;;
;; A block of the smallest size is freed and merged while its neighbour is live.
(module
  (type $empty (struct))
  (table $t 4 (ref null $empty))
  (func (export "run") (result i32)
    (table.set $t (i32.const 0) (struct.new $empty))
    (table.set $t (i32.const 1) (struct.new $empty))
    (table.set $t (i32.const 2) (struct.new $empty))
    (drop (struct.new $empty))
    (table.set $t (i32.const 1) (ref.null $empty))
    (table.set $t (i32.const 3) (struct.new $empty))
    (ref.eq (table.get $t (i32.const 2)) (table.get $t (i32.const 3)))))
