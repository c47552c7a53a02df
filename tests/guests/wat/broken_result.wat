;; Gives the host a result that breaks the rules of the canonical ABI; the event says which.
(core module $liar
  (import "base" "memory" (memory 1))
  (import "base" "number" (func $number (param i32) (result i32)))
  (import "base" "answer" (func $answer (param i32 i32) (result i32)))
  (func $failure (param $type i32) (param $length i32) (param $frames i32) (result i32)
    (i32.store8 (i32.const 64) (i32.const 1))
    (i32.store (i32.const 68) (local.get $type))
    (i32.store (i32.const 72) (local.get $length))
    (i32.store (i32.const 84) (i32.const 8))
    (i32.store (i32.const 88) (local.get $frames))
    (i32.const 64))
  (func (export "handle") (param $arguments i32) (result i32)
    (block $frames (block $text (block $case (block $unaligned (block $list (block $outside
      (br_table $outside $list $unaligned $case $text $frames
        (call $number (local.get $arguments))))
      ;; 0: the result lies outside the memory.
      (return (i32.const 0x7fff_fff0)))
      ;; 1: the list in it does.
      (return (call $answer (i32.const 0xffff_0000) (i32.const 0x7fff_ffff))))
      ;; 2: the result is not aligned.
      (return (i32.const 17)))
      ;; 3: the result has neither of the two cases.
      (i32.store8 (i32.const 64) (i32.const 7))
      (return (i32.const 64)))
      ;; 4: a text is not UTF-8.
      (i32.store8 (i32.const 128) (i32.const 0xff))
      (return (call $failure (i32.const 128) (i32.const 1) (i32.const 0))))
    ;; 5: a list of texts is longer than the memory.
    (call $failure (i32.const 8) (i32.const 4) (i32.const 0x1fff_ffff))))
(core instance $guest (instantiate $liar (with "base" (instance $base))))
