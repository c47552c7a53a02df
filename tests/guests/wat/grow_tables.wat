;; Hides its hunger in tables, whose elements cost the host as memory does.
(core module $hungry
  (table $a 1 funcref) (table $b 1 funcref)
  (func (export "handle") (param i32) (result i32)
    (loop $more
      (br_if $more
        (i32.and
          (i32.ne (table.grow $a (ref.null func) (i32.const 1000)) (i32.const -1))
          (i32.ne (table.grow $b (ref.null func) (i32.const 1000)) (i32.const -1)))))
    (unreachable)))
(core instance $guest (instantiate $hungry))
