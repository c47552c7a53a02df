;; Looks for what an earlier call left behind, in memory that it was given, in memory that it grew, in
;; a global and in a table; then fills all of it. Answers 0 where everything was clean.
(core module $snoop
  (import "base" "memory" (memory 1))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (memory $own 4)
  (global $marked (mut i32) (i32.const 0))
  (table $marks 16 funcref)
  (elem declare func $mark)
  (func $mark)

  (func $end (result i32) (i32.mul (memory.size $own) (i32.const 0x1_0000)))

  (func $dirty (result i32)
    (local $at i32)
    (loop $next
      (if (i64.ne (i64.load $own (local.get $at)) (i64.const 0)) (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (call $end))))
    (i32.const 0))

  (func (export "handle") (param i32) (result i32)
    (local $found i32)
    (local.set $found (call $dirty))
    (if (i32.eq (memory.grow $own (i32.const 64)) (i32.const -1)) (then (unreachable)))
    (local.set $found (i32.or (local.get $found) (call $dirty)))
    (local.set $found (i32.or (local.get $found) (global.get $marked)))
    (if (i32.eqz (ref.is_null (table.get $marks (i32.const 7))))
      (then (local.set $found (i32.const 1))))
    (memory.fill $own (i32.const 0) (i32.const 0xA5) (call $end))
    (global.set $marked (i32.const 1))
    (table.fill $marks (i32.const 0) (ref.func $mark) (i32.const 16))
    (i32.store8 (i32.const 64) (i32.add (i32.const 48) (local.get $found)))
    (call $answer (i32.const 64) (i32.const 1))))
(core instance $guest (instantiate $snoop (with "base" (instance $base))))
