;; Never leaves its own code.
(core module $spinner
  (func (export "handle") (param i32) (result i32)
    (loop $forever (br $forever))
    (unreachable)))
(core instance $guest (instantiate $spinner))
