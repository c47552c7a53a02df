;; Answers with as many bytes as its event says.
(core module $wordy
  (import "base" "memory" (memory 1))
  (import "base" "allocate" (func $allocate (param i32 i32 i32 i32) (result i32)))
  (import "base" "number" (func $number (param i32) (result i32)))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (func (export "handle") (param $arguments i32) (result i32)
    (local $length i32) (local $start i32)
    (local.set $length (call $number (local.get $arguments)))
    (local.set $start
      (call $allocate (i32.const 0) (i32.const 0) (i32.const 1) (local.get $length)))
    (memory.fill (local.get $start) (i32.const 0x31) (local.get $length))
    (call $answer (local.get $start) (local.get $length))))
(core instance $guest (instantiate $wordy (with "base" (instance $base))))
