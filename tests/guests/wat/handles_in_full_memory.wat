;; Fills all but two pages of its memory, and asks the host for one timer after the other.
(import "wasi:io/poll@0.2.0" (instance $poll
  (export "pollable" (type $pollable (sub resource)))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
  (alias outer 1 $pollable (type $pollable'))
  (export "pollable" (type $pollable (eq $pollable')))
  (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
(core func $subscribe (canon lower (func $clock "subscribe-duration")))
(core module $hoarder
  (import "base" "memory" (memory 2))
  (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
  (func (export "handle") (param i32) (result i32)
    ;; Of 2,048 pages, it has two.
    (if (i32.eq (memory.grow (i32.const 2044)) (i32.const -1)) (then (unreachable)))
    (loop $more
      (drop (call $subscribe (i64.const 3_600_000_000_000)))
      (br $more))
    (unreachable)))
(core instance $guest (instantiate $hoarder
  (with "base" (instance $base))
  (with "host" (instance (export "subscribe" (func $subscribe))))))
