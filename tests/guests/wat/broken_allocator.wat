;; Tells the host to put the event where there is no memory. It has an allocator of its own, so it does
;; without the common shell's.
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
  (core module $liar
    (memory (export "memory") 1)
    (func (export "allocate") (param i32 i32 i32 i32) (result i32) (i32.const 0xffff_fff8))
    (func (export "handle") (param i32) (result i32) (unreachable)))
  (core instance $guest (instantiate $liar))
  (func $handle
    (param "event" (list u8)) (param "context" $context)
    (result (result (list u8) (error $function-error)))
    (canon lift (core func $guest "handle")
      (memory (core memory $guest "memory")) (realloc (core func $guest "allocate"))))
  (instance $handler
    (export "context" (type $context))
    (export "function-error" (type $function-error))
    (export "handle" (func $handle)))
  (export "sparkler:function/handler@0.1.0" (instance $handler)))
