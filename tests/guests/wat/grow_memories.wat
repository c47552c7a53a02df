;; Spreads its hunger: three more memories, none of which alone comes near the limit.
(core module $hungry
  (memory $a 1) (memory $b 1) (memory $c 1)
  (func (export "handle") (param i32) (result i32)
    (loop $more
      (br_if $more
        (i32.and
          (i32.ne (memory.grow $a (i32.const 16)) (i32.const -1))
          (i32.and
            (i32.ne (memory.grow $b (i32.const 16)) (i32.const -1))
            (i32.ne (memory.grow $c (i32.const 16)) (i32.const -1))))))
    (unreachable)))
(core instance $guest (instantiate $hungry))
