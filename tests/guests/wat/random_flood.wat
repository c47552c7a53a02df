;; Asks for as many random bytes in one call as its event says.
(import "wasi:random/random@0.2.0" (instance $random
  (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
(core func $bytes (canon lower (func $random "get-random-bytes")
  (memory (core memory $base "memory")) (realloc (core func $base "allocate"))))
(core module $gambler
  (import "base" "number" (func $number (param i32) (result i32)))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (import "host" "bytes" (func $bytes (param i64 i32)))
  (func (export "handle") (param $arguments i32) (result i32)
    (call $bytes (i64.extend_i32_u (call $number (local.get $arguments))) (i32.const 32))
    (call $answer (i32.const 8) (i32.const 4))))
(core instance $guest (instantiate $gambler
  (with "base" (instance $base))
  (with "host" (instance (export "bytes" (func $bytes))))))
