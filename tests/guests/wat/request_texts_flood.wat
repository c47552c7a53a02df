;; Makes one request after the other, each with a method whose name has 60,000 bytes, and keeps them.
(import "wasi:http/types@0.2.0" (instance $http
  (type $method' (variant (case "get") (case "head") (case "post") (case "put") (case "delete") (case "connect")
    (case "options") (case "trace") (case "patch") (case "other" string)))
  (export "method" (type $method (eq $method')))
  (export "fields" (type $fields (sub resource)))
  (export "outgoing-request" (type $request (sub resource)))
  (export "[constructor]fields" (func (result (own $fields))))
  (export "[constructor]outgoing-request" (func (param "headers" (own $fields)) (result (own $request))))
  (export "[method]outgoing-request.set-method"
    (func (param "self" (borrow $request)) (param "method" $method) (result (result))))))
(core func $new (canon lower (func $http "[constructor]fields")))
(core func $request (canon lower (func $http "[constructor]outgoing-request")))
(core func $set-method
  (canon lower (func $http "[method]outgoing-request.set-method") (memory (core memory $base "memory"))))
(core module $flood
  (import "base" "memory" (memory 2))
  (import "host" "new" (func $new (result i32)))
  (import "host" "request" (func $request (param i32) (result i32)))
  (import "host" "set-method" (func $set-method (param i32 i32 i32 i32) (result i32)))
  (func (export "handle") (param i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 120) (i32.const 60000))
    (loop $more
      (br_if $more
        (i32.eqz
          (call $set-method
            (call $request (call $new)) (i32.const 9) (i32.const 65536) (i32.const 60000)))))
    (unreachable)))
(core instance $guest (instantiate $flood
  (with "base" (instance $base))
  (with "host" (instance
    (export "new" (func $new)) (export "request" (func $request)) (export "set-method" (func $set-method))))))
