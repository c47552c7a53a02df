;; Never comes as far as its handler: the start function of a core module does not end.
(core module $spinner
  (memory 1)
  (func $start (loop $forever (br $forever)))
  (start $start)
  (func (export "handle") (param i32) (result i32) (unreachable)))
(core instance $guest (instantiate $spinner))
