;; Streams as many bytes as its event says, in one write, from wherever its memory ends up.
(component
  (import "sparkler:function/types@0.1.0" (instance $types
    (type $context' (record
      (field "request-id" string)
      (field "invoked-function-arn" string)
      (field "function-version" string)
      (field "deadline-ms" u64)
      (field "trace-id" (option string))
      (field "client-context" (option string))
      (field "tenant-id" (option string))))
    (export "context" (type (eq $context')))
    (type $function-error' (record
      (field "error-type" string)
      (field "error-message" string)
      (field "stack-trace" (list string))))
    (export "function-error" (type (eq $function-error')))))
  (alias export $types "context" (type $context))
  (alias export $types "function-error" (type $function-error))
  (import "sparkler:function/response@0.1.0" (instance $response
    (type $write-error' (enum "closed"))
    (export "write-error" (type $write-error (eq $write-error')))
    (export "write" (func (param "bytes" (list u8)) (result (result (error $write-error)))))))

  (core module $base
    ;; 10 MB, so that a write of 9 MB is within it.
    (memory (export "memory") 160)
    (global $free (mut i32) (i32.const 4096))
    (func (export "allocate")
      (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $start i32)
      (local.set $start
        (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $start) (local.get $size)))
      (local.get $start)))
  (core instance $base (instantiate $base))
  (core func $write
    (canon lower (func $response "write") (memory (core memory $base "memory"))))

  (core module $streaming
    (import "base" "memory" (memory 1))
    (import "response" "write" (func $write (param i32 i32 i32)))
    (func $number (param $at i32) (param $length i32) (result i32)
      (local $end i32) (local $number i32)
      (local.set $end (i32.add (local.get $at) (local.get $length)))
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (local.set $number
            (i32.add
              (i32.mul (local.get $number) (i32.const 10))
              (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))
      (local.get $number))
    (func (export "handle") (param $arguments i32) (result i32)
      (call $write
        (i32.const 65536)
        (call $number
          (i32.load (local.get $arguments)) (i32.load offset=4 (local.get $arguments)))
        (i32.const 64))
      ;; `ok`: no error.
      (i32.store8 (i32.const 16) (i32.const 0))
      (i32.const 16)))
  (core instance $guest (instantiate $streaming
    (with "base" (instance $base))
    (with "response" (instance (export "write" (func $write))))))

  (func $handle
    (param "event" (list u8)) (param "context" $context)
    (result (result (error $function-error)))
    (canon lift (core func $guest "handle")
      (memory (core memory $base "memory")) (realloc (core func $base "allocate"))))
  (instance $handler
    (export "context" (type $context))
    (export "function-error" (type $function-error))
    (export "handle" (func $handle)))
  (export "sparkler:function/streaming-handler@0.1.0" (instance $handler)))
