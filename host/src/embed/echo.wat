;; Writes its event to its log, and answers with it: the guest of the crate's documentation.
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

  (core module $base
    (memory (export "memory") 2)
    (global $free (mut i32) (i32.const 4096))

    ;; A bump allocator: nothing is ever given back.
    (func (export "allocate")
      (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $start i32)
      (local.set $start
        (i32.and
          (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $free (i32.add (local.get $start) (local.get $size)))
      (block $enough
        (loop $more
          (br_if $enough
            (i32.le_u
              (i32.shr_u (i32.add (global.get $free) (i32.const 65535)) (i32.const 16))
              (memory.size)))
          (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
          (unreachable)))
      (local.get $start))

    ;; The address of `ok(list)`.
    (func (export "answer") (param $start i32) (param $length i32) (result i32)
      (i32.store8 (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (local.get $start))
      (i32.store (i32.const 24) (local.get $length))
      (i32.const 16)))
  (core instance $base (instantiate $base))

  (import "wasi:io/error@0.2.0" (instance $error
    (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error-type (type $error'))
    (export "error" (type $error (eq $error')))
    (type $stream-error' (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream'))
    (export "output-stream" (type $output-stream (eq $output-stream')))
    (export "get-stdout" (func (result (own $output-stream))))))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $base "memory"))))
  (core module $printer
    (import "base" "memory" (memory 1))
    (import "base" "answer" (func $answer (param i32 i32) (result i32)))
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "handle") (param $arguments i32) (result i32)
      (call $write
        (call $get-stdout)
        (i32.load (local.get $arguments))
        (i32.load offset=4 (local.get $arguments))
        (i32.const 32))
      (call $answer
        (i32.load (local.get $arguments))
        (i32.load offset=4 (local.get $arguments)))))
  (core instance $guest (instantiate $printer
    (with "base" (instance $base))
    (with "host" (instance
      (export "get-stdout" (func $get-stdout))
      (export "write" (func $write))))))

  (func $handle
    (param "event" (list u8)) (param "context" $context)
    (result (result (list u8) (error $function-error)))
    (canon lift (core func $guest "handle")
      (memory (core memory $base "memory")) (realloc (core func $base "allocate"))))
  (instance $handler
    (export "context" (type $context))
    (export "function-error" (type $function-error))
    (export "handle" (func $handle)))
  (export "sparkler:function/handler@0.1.0" (instance $handler)))
