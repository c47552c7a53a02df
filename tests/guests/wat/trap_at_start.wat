;; Cannot be set up: the start function of a core module traps.
(core module $broken
  (func $start (unreachable))
  (start $start)
  (func (export "handle") (param i32) (result i32) (unreachable)))
(core instance $guest (instantiate $broken))
