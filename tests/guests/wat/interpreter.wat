;; Stands for an interpreter of sources: it counts how often it was initialized and restored, and answers with both.
(core module $counter
  (import "base" "memory" (memory 1))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (func $count (param $at i32) (result i32)
    (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
    ;; Zeros: all is well.
    (i32.const 1024))
  (func (export "init") (result i32) (call $count (i32.const 64)))
  (func (export "after-restore") (result i32) (call $count (i32.const 65)))
  (func (export "handle") (param $arguments i32) (result i32)
    (i32.store8 (i32.const 80) (i32.add (i32.const 48) (i32.load8_u (i32.const 64))))
    (i32.store8 (i32.const 81) (i32.add (i32.const 48) (i32.load8_u (i32.const 65))))
    (call $answer (i32.const 80) (i32.const 2))))
(core instance $guest (instantiate $counter (with "base" (instance $base))))
(func $init (result (result (error $function-error)))
  (canon lift (core func $guest "init") (memory (core memory $base "memory"))))
(func $after-restore (result (result (error $function-error)))
  (canon lift (core func $guest "after-restore") (memory (core memory $base "memory"))))
(instance $lifecycle
  (export "function-error" (type $function-error))
  (export "init" (func $init))
  (export "after-restore" (func $after-restore)))
(export "sparkler:function/lifecycle@0.1.0" (instance $lifecycle))
