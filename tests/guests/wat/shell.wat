;; What every hostile guest has in common: the types of the native contract, a memory with an
;; allocator, and the lifting of `handle`. The harness puts a guest's own text where GUEST stands.
;;
;; A guest defines a core instance `$guest` that exports `handle`: it takes the address of the
;; arguments (the event's address and length come first) and gives the address of the result.
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
      (i32.const 16))

    ;; The number that the event spells in decimal digits.
    (func (export "number") (param $arguments i32) (result i32)
      (local $at i32) (local $end i32) (local $number i32)
      (local.set $at (i32.load (local.get $arguments)))
      (local.set $end (i32.add (local.get $at) (i32.load offset=4 (local.get $arguments))))
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

    ;; `null`, for guests that have nothing to say.
    (data (i32.const 8) "null"))
  (core instance $base (instantiate $base))

  ;; GUEST

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
