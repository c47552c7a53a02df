;; A sound component that is no function: it exports nothing that the host could call.
(component
  (core module $library (func (export "run")))
  (core instance $library (instantiate $library))
  (func $run (canon lift (core func $library "run")))
  (export "run" (func $run)))
