;; Asks the host for one timer after the other and gives none back.
(import "wasi:io/poll@0.2.0" (instance $poll
  (export "pollable" (type $pollable (sub resource)))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
  (alias outer 1 $pollable (type $pollable'))
  (export "pollable" (type $pollable (eq $pollable')))
  (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
(core func $subscribe (canon lower (func $clock "subscribe-duration")))
(core module $hoarder
  (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
  (func (export "handle") (param i32) (result i32)
    (loop $more
      (drop (call $subscribe (i64.const 3_600_000_000_000)))
      (br $more))
    (unreachable)))
(core instance $guest (instantiate $hoarder
  (with "host" (instance (export "subscribe" (func $subscribe))))))
