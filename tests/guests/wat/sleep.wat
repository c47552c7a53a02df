;; Waits for an hour inside a call of the host.
(import "wasi:io/poll@0.2.0" (instance $poll
  (export "pollable" (type $pollable (sub resource)))
  (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
  (alias outer 1 $pollable (type $pollable'))
  (export "pollable" (type $pollable (eq $pollable')))
  (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
(core func $block (canon lower (func $poll "[method]pollable.block")))
(core func $subscribe (canon lower (func $clock "subscribe-duration")))
(core module $sleeper
  (import "host" "block" (func $block (param i32)))
  (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
  (func (export "handle") (param i32) (result i32)
    (call $block (call $subscribe (i64.const 3_600_000_000_000)))
    (unreachable)))
(core instance $guest (instantiate $sleeper
  (with "host" (instance
    (export "block" (func $block))
    (export "subscribe" (func $subscribe))))))
