;; Writes its event to stdout, over and over, until 1 GB is written, and then answers null.
(import "wasi:io/error@0.2.0" (instance $error
  (export "error" (type (sub resource)))))
(alias export $error "error" (type $error-type))
(import "wasi:io/streams@0.2.0" (instance $streams
  (export "output-stream" (type $output-stream (sub resource)))
  (alias outer 1 $error-type (type $error'))
  (export "error" (type $error (eq $error')))
  (type $stream-error' (variant (case "last-operation-failed" (own $error)) (case "closed")))
  (export "stream-error" (type $stream-error (eq $stream-error')))
  (export "[method]output-stream.check-write" (func
    (param "self" (borrow $output-stream)) (result (result u64 (error $stream-error)))))
  (export "[method]output-stream.write" (func
    (param "self" (borrow $output-stream)) (param "contents" (list u8))
    (result (result (error $stream-error)))))))
(alias export $streams "output-stream" (type $output-stream))
(import "wasi:cli/stdout@0.2.0" (instance $stdout
  (alias outer 1 $output-stream (type $output-stream'))
  (export "output-stream" (type $output-stream (eq $output-stream')))
  (export "get-stdout" (func (result (own $output-stream))))))
(core func $get-stdout (canon lower (func $stdout "get-stdout")))
(core func $check (canon lower
  (func $streams "[method]output-stream.check-write") (memory (core memory $base "memory"))))
(core func $write (canon lower
  (func $streams "[method]output-stream.write") (memory (core memory $base "memory"))))
(core module $chatterbox
  (import "base" "memory" (memory 1))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (import "host" "get-stdout" (func $get-stdout (result i32)))
  (import "host" "check" (func $check (param i32 i32)))
  (import "host" "write" (func $write (param i32 i32 i32 i32)))
  (func (export "handle") (param $arguments i32) (result i32)
    (local $stream i32) (local $written i32) (local $length i32)
    (local.set $stream (call $get-stdout))
    (local.set $length (i32.load offset=4 (local.get $arguments)))
    (loop $more
      ;; What may be written at once is at 56, after the case of the result.
      (call $check (local.get $stream) (i32.const 48))
      (if (i64.lt_u (i64.load (i32.const 56)) (i64.extend_i32_u (local.get $length)))
        (then (unreachable)))
      (call $write
        (local.get $stream) (i32.load (local.get $arguments)) (local.get $length) (i32.const 32))
      (local.set $written (i32.add (local.get $written) (local.get $length)))
      (br_if $more (i32.lt_u (local.get $written) (i32.const 0x4000_0000))))
    (call $answer (i32.const 8) (i32.const 4))))
(core instance $guest (instantiate $chatterbox
  (with "base" (instance $base))
  (with "host" (instance
    (export "get-stdout" (func $get-stdout))
    (export "check" (func $check))
    (export "write" (func $write))))))
