;; Writes its event to stdout and answers null.
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
    (call $answer (i32.const 8) (i32.const 4))))
(core instance $guest (instantiate $printer
  (with "base" (instance $base))
  (with "host" (instance
    (export "get-stdout" (func $get-stdout))
    (export "write" (func $write))))))
