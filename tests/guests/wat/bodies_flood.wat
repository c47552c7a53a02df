;; Begins one request after the other, writes all that it may into the body of each, and sends none.
(import "wasi:io/error@0.2.0" (instance $io-error (export "error" (type $error (sub resource)))))
(alias export $io-error "error" (type $error))
(import "wasi:io/streams@0.2.0" (instance $streams
  (alias outer 1 $error (type $error'))
  (export "error" (type $error'' (eq $error')))
  (export "output-stream" (type $output-stream (sub resource)))
  (type $stream-error' (variant (case "last-operation-failed" (own $error'')) (case "closed")))
  (export "stream-error" (type $stream-error (eq $stream-error')))
  (export "[method]output-stream.write"
    (func (param "self" (borrow $output-stream)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
(alias export $streams "output-stream" (type $output-stream))
(import "wasi:http/types@0.2.0" (instance $http
  (alias outer 1 $output-stream (type $output-stream'))
  (export "output-stream" (type $stream (eq $output-stream')))
  (export "fields" (type $fields (sub resource)))
  (export "outgoing-request" (type $request (sub resource)))
  (export "outgoing-body" (type $body (sub resource)))
  (export "[constructor]fields" (func (result (own $fields))))
  (export "[constructor]outgoing-request" (func (param "headers" (own $fields)) (result (own $request))))
  (export "[method]outgoing-request.body"
    (func (param "self" (borrow $request)) (result (result (own $body)))))
  (export "[method]outgoing-body.write"
    (func (param "self" (borrow $body)) (result (result (own $stream)))))))
(core func $new (canon lower (func $http "[constructor]fields")))
(core func $request (canon lower (func $http "[constructor]outgoing-request")))
(core func $body
  (canon lower (func $http "[method]outgoing-request.body") (memory (core memory $base "memory"))))
(core func $stream
  (canon lower (func $http "[method]outgoing-body.write") (memory (core memory $base "memory"))))
(core func $write
  (canon lower (func $streams "[method]output-stream.write") (memory (core memory $base "memory"))))
(core module $flood
  (import "base" "memory" (memory 2))
  (import "host" "new" (func $new (result i32)))
  (import "host" "request" (func $request (param i32) (result i32)))
  (import "host" "body" (func $body (param i32 i32)))
  (import "host" "stream" (func $stream (param i32 i32)))
  (import "host" "write" (func $write (param i32 i32 i32 i32)))
  ;; The address of what the host answers with: whether it went well, and behind that what is given.
  (func $given (result i32) (i32.load (i32.const 76)))
  (func (export "handle") (param i32) (result i32)
    (local $stream i32)
    (loop $more
      (call $body (call $request (call $new)) (i32.const 72))
      (call $stream (call $given) (i32.const 72))
      (local.set $stream (call $given))
      (call $write (local.get $stream) (i32.const 65536) (i32.const 65536) (i32.const 72))
      (call $write (local.get $stream) (i32.const 65536) (i32.const 65536) (i32.const 72))
      (br $more))
    (unreachable)))
(core instance $guest (instantiate $flood
  (with "base" (instance $base))
  (with "host" (instance
    (export "new" (func $new)) (export "request" (func $request)) (export "body" (func $body))
    (export "stream" (func $stream)) (export "write" (func $write))))))
