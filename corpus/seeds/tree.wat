;;! about = "trees are built by recursion, share a branch, and are replaced by smaller ones"
;;! schedule = "allocations/3"
;;! [[steps]]
;;! call = "grow"
;;! args = ["4"]
;;! [[steps]]
;;! call = "share"
;;! [[steps]]
;;! call = "count"
;;! [[steps]]
;;! call = "grow"
;;! args = ["2"]
;;! [[steps]]
;;! call = "count"
(module
  (type $tree (struct (field $left (mut (ref null $tree))) (field $right (mut (ref null $tree)))))
  (global $root (export "root") (mut (ref null $tree)) (ref.null $tree))
  (func $make (param $depth i32) (result (ref null $tree))
    (if (result (ref null $tree)) (local.get $depth)
      (then
        (struct.new $tree
          (call $make (i32.sub (local.get $depth) (i32.const 1)))
          (call $make (i32.sub (local.get $depth) (i32.const 1)))))
      (else (ref.null $tree))))
  (func $size (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 0))
      (else
        (i32.add (i32.const 1)
          (i32.add
            (call $size (struct.get $tree $left (local.get $tree)))
            (call $size (struct.get $tree $right (local.get $tree))))))))
  (func (export "grow") (param $depth i32)
    (global.set $root (call $make (local.get $depth))))
  ;; The right branch becomes the left one; the old right branch dies.
  (func (export "share")
    (struct.set $tree $right (global.get $root) (struct.get $tree $left (global.get $root))))
  (func (export "count") (result i32)
    (call $size (global.get $root))))
