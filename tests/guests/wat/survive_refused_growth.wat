;; Asks for 1 GB, is refused, and goes on: a refusal alone is no failure.
(core module $polite
  (import "base" "memory" (memory 1))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (func (export "handle") (param i32) (result i32)
    (if (i32.ne (memory.grow (i32.const 16384)) (i32.const -1)) (then (unreachable)))
    (call $answer (i32.const 8) (i32.const 4))))
(core instance $guest (instantiate $polite (with "base" (instance $base))))
