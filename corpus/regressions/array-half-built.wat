;;! about = "arrays of references, with a collection when half of them are written"
;;! schedule = "never"
;;! [limits]
;;! inside = 1
;; https://github.com/WebKit/WebKit/pull/50893 (zoo X62)
;;
;; An array that is half built is a root, and so is what it holds.
(module
  (type $box (struct (field (mut i32))))
  (type $boxes (array (mut (ref null $box))))
  (elem $two (ref null $box) (item (struct.new $box (i32.const 6))) (item (struct.new $box (i32.const 7))))
  (func (export "fixed") (result i32)
    (struct.get $box 0 (array.get $boxes
      (array.new_fixed $boxes 2 (struct.new $box (i32.const 4)) (struct.new $box (i32.const 5)))
      (i32.const 0))))
  (func (export "segment") (result i32)
    (struct.get $box 0 (array.get $boxes
      (array.new_elem $boxes $two (i32.const 0) (i32.const 2))
      (i32.const 1)))))
