;; Makes one set of headers after the other, each with 600 values of no byte, and keeps them.
(import "wasi:http/types@0.2.0" (instance $http
  (type $header-error' (variant (case "invalid-syntax") (case "forbidden") (case "immutable")))
  (export "header-error" (type $header-error (eq $header-error')))
  (export "fields" (type $fields (sub resource)))
  (export "[constructor]fields" (func (result (own $fields))))
  (export "[method]fields.append"
    (func (param "self" (borrow $fields)) (param "name" string) (param "value" (list u8))
      (result (result (error $header-error)))))))
(core func $new (canon lower (func $http "[constructor]fields")))
(core func $append (canon lower (func $http "[method]fields.append") (memory (core memory $base "memory"))))
(core module $flood
  (import "base" "memory" (memory 2))
  (import "host" "new" (func $new (result i32)))
  (import "host" "append" (func $append (param i32 i32 i32 i32 i32 i32)))
  (func (export "handle") (param i32) (result i32)
    (local $fields i32) (local $count i32)
    (i32.store8 (i32.const 64) (i32.const 97))
    (loop $more
      (local.set $fields (call $new))
      (local.set $count (i32.const 0))
      (loop $another
        (call $append (local.get $fields) (i32.const 64) (i32.const 1) (i32.const 80) (i32.const 0) (i32.const 72))
        (br_if $another
          (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 600))))
      (br $more))
    (unreachable)))
(core instance $guest (instantiate $flood
  (with "base" (instance $base))
  (with "host" (instance (export "new" (func $new)) (export "append" (func $append))))))
