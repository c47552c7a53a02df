;; Fills nearly all of its memory, and waits for one timer 4,000 times at once.
(import "wasi:io/poll@0.2.0" (instance $poll
  (export "pollable" (type $pollable (sub resource)))
  (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
  (alias outer 1 $pollable (type $pollable'))
  (export "pollable" (type $pollable (eq $pollable')))
  (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
(core func $subscribe (canon lower (func $clock "subscribe-duration")))
(core func $poll
  (canon lower (func $poll "poll")
    (memory (core memory $base "memory")) (realloc (core func $base "allocate"))))
(core module $waiter
  (import "base" "memory" (memory 2))
  (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
  (import "host" "poll" (func $poll (param i32 i32 i32)))
  (func (export "handle") (param i32) (result i32)
    (local $timer i32) (local $at i32)
    (if (i32.eq (memory.grow (i32.const 2036)) (i32.const -1)) (then (unreachable)))
    (local.set $timer (call $subscribe (i64.const 3_600_000_000_000)))
    (local.set $at (i32.const 131072))
    (loop $more
      (i32.store (local.get $at) (local.get $timer))
      (br_if $more
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 147072))))
    (call $poll (i32.const 131072) (i32.const 4000) (i32.const 72))
    (unreachable)))
(core instance $guest (instantiate $waiter
  (with "base" (instance $base))
  (with "host" (instance (export "subscribe" (func $subscribe)) (export "poll" (func $poll))))))
