;; Lets its memory grow, and each time asks for more than a memory can ever have, which is refused.
(core module $grower
  (import "base" "memory" (memory 2))
  (func (export "handle") (param i32) (result i32)
    (loop $more
      (drop (memory.grow (i32.const 65536)))
      (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (unreachable)))
(core instance $guest (instantiate $grower (with "base" (instance $base))))
