;;! about = "the host puts what it has kept into globals and tables, reads it back, and lets go"
;;! schedule = "allocations"
;;! [[steps]]
;;! call = "make"
;;! args = ["1"]
;;! [[steps]]
;;! call = "make"
;;! args = ["2"]
;;! [[steps]]
;;! global = "g"
;;! value = "kept:0"
;;! [[steps]]
;;! table = "t"
;;! index = 1
;;! value = "kept:1"
;;! [[steps]]
;;! drop = 0
;;! [[steps]]
;;! drop = 1
;;! [[steps]]
;;! collect = true
;;! [[steps]]
;;! call = "tie"
;;! [[steps]]
;;! table = "t"
;;! index = 1
;;! [[steps]]
;;! global = "g"
;;! value = "null"
;;! [[steps]]
;;! table = "t"
;;! index = 1
;;! value = "null"
;;! [[steps]]
;;! collect = true
;;! [[steps]]
;;! global = "g"
(module
  (type $node (struct (field (mut i32)) (field (mut (ref null $node)))))
  (global (export "g") (mut (ref null $node)) (ref.null $node))
  (table (export "t") 3 (ref null $node))
  (func (export "make") (param i32) (result (ref $node))
    (struct.new $node (local.get 0) (ref.null $node)))
  ;; The two objects refer to each other: a cycle once the host has let go.
  (func (export "tie")
    (struct.set $node 1 (global.get 0) (table.get 0 (i32.const 1)))
    (struct.set $node 1 (table.get 0 (i32.const 1)) (global.get 0))))
