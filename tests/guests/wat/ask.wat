;; Asks the program that embeds the host for the number after the one in its event, and answers with it.
(import "acme:numbers/oracle@1.0.0" (instance $oracle
  (export "next" (func (param "number" u32) (result u32)))))
(core func $next (canon lower (func $oracle "next")))
(core module $asking
  (import "base" "memory" (memory 1))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (import "base" "number" (func $number (param i32) (result i32)))
  (import "host" "next" (func $next (param i32) (result i32)))
  ;; Writes decimal digits from the end of a buffer to its start.
  (func (export "handle") (param $arguments i32) (result i32)
    (local $at i32) (local $left i32)
    (local.set $left (call $next (call $number (local.get $arguments))))
    (local.set $at (i32.const 64))
    (loop $more
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $left) (i32.const 10))))
      (local.set $left (i32.div_u (local.get $left) (i32.const 10)))
      (br_if $more (local.get $left)))
    (call $answer (local.get $at) (i32.sub (i32.const 64) (local.get $at)))))
(core instance $guest (instantiate $asking
  (with "base" (instance $base))
  (with "host" (instance (export "next" (func $next))))))
