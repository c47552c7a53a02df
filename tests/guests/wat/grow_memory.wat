;; Grows its one memory by 1 MB at a time until that fails, then gives up.
(core module $hungry
  (import "base" "memory" (memory 1))
  (func (export "handle") (param i32) (result i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (unreachable)))
(core instance $guest (instantiate $hungry (with "base" (instance $base))))
