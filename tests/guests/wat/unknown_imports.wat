;; Needs things that no host of functions has.
(import "acme:rockets/launch@1.2.3" (instance $launch
  (export "now" (func))))
(import "wasi:keyvalue/store@0.2.0-draft" (instance $store
  (export "open" (func (param "name" string)))))
(core module $needy
  (func (export "handle") (param i32) (result i32) (unreachable)))
(core instance $guest (instantiate $needy))
