;; Writes to a response that it does not have, and answers with what it is told: 0 for taken, 1 for not.
(import "sparkler:function/response@0.1.0" (instance $response
  (type $write-error' (enum "closed"))
  (export "write-error" (type $write-error (eq $write-error')))
  (export "write" (func (param "bytes" (list u8)) (result (result (error $write-error)))))))
(core func $write
  (canon lower (func $response "write") (memory (core memory $base "memory"))))
(core module $forward
  (import "base" "memory" (memory 1))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (import "response" "write" (func $write (param i32 i32 i32)))
  (func (export "handle") (param $arguments i32) (result i32)
    (call $write (i32.const 8) (i32.const 4) (i32.const 64))
    (i32.store8 (i32.const 80) (i32.add (i32.const 48) (i32.load8_u (i32.const 64))))
    (call $answer (i32.const 80) (i32.const 1))))
(core instance $guest (instantiate $forward
  (with "base" (instance $base))
  (with "response" (instance (export "write" (func $write))))))
