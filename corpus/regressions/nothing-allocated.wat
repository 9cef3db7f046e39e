;;! about = "a collection in a run that allocates nothing"
;;! schedule = "never"
;; https://github.com/bytecodealliance/wasmtime/pull/13247 (zoo W53)
;;
;; An empty heap has no bytes in use.
(module
  (func (export "run")))
