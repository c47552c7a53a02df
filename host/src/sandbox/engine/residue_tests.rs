//! What a guest leaves behind in its slot for the next one: nothing, wherever slots come from.

use wasmtime::{Engine, Instance, Module, Store};

use super::engines::{self, Allocation};

const PAGE_BYTES: usize = 64 * 1024;

/// Bytes of an element in a slot's table.
const ELEMENT_BYTES: usize = 8;

/// What a guest finds, added up.
const IN_MEMORY: i32 = 1;
const IN_GROWN_MEMORY: i32 = 2;
const IN_GLOBAL: i32 = 4;
const IN_TABLE: i32 = 8;
const ON_STACK: i32 = 16;
const IN_SECOND_MEMORY: i32 = 32;

/// Sandboxes at once: so few that every guest gets a slot in which others were.
const SANDBOXES: u32 = 1;

const ROUNDS: usize = 3;

/// A guest that looks for what was left behind, and then leaves its mark everywhere.
#[derive(Clone, Copy, Debug)]
struct Snoop {
    pages: usize,
    /// Pages by which it makes its memory grow.
    grown_pages: usize,
    elements: usize,
    /// Whether its memory begins with data, which the engine maps rather than copies.
    has_image: bool,
}

impl Snoop {
    /// Guests that are smaller than what slots keep, just as large, and larger.
    fn around(allocation: Allocation) -> Vec<Self> {
        let (memory_bytes, table_bytes) = match allocation {
            Allocation::Pool {
                memory_bytes_kept,
                table_bytes_kept,
            } => (memory_bytes_kept, table_bytes_kept),
            Allocation::OneByOne => (4 * PAGE_BYTES, PAGE_BYTES),
        };
        let (pages, elements) = (memory_bytes / PAGE_BYTES, table_bytes / ELEMENT_BYTES);
        let mut snoops = Vec::new();
        for (pages, elements) in [
            (1, 1),
            (pages, elements),
            (pages + 1, elements + 1),
            (2 * pages + 3, 2 * elements),
        ] {
            for (grown_pages, has_image) in [(0, false), (0, true), (1, true), (64, false)] {
                snoops.push(Self {
                    pages: pages.max(1),
                    grown_pages,
                    elements: elements.max(1),
                    has_image,
                });
            }
        }
        snoops
    }

    fn wat(self) -> String {
        let Self {
            pages,
            grown_pages,
            elements,
            has_image,
        } = self;
        let end = pages * PAGE_BYTES;
        let (image, start) = match has_image {
            // At both ends, so that the image is as large as the memory.
            true => {
                let last = end - 8;
                (
                    format!(
                        r#"(data (memory $own) (i32.const 0) "sparkler") (data (memory $own) (i32.const {last}) "\00")"#
                    ),
                    8,
                )
            }
            false => (String::new(), 0),
        };
        // "sparkler", as a number.
        let first_word = if has_image { 0x72656c6b72617073_u64 } else { 0 };
        format!(
            r#"(module
  (memory $own {pages})
  (memory $second 1)
  {image}
  (global $number (mut i64) (i64.const 0))
  (global $function (mut funcref) (ref.null func))
  (table $marks {elements} funcref)
  (elem declare func $mark)
  (func $mark)

  (func $is_dirty (param $at i32) (param $end i32) (result i32)
    (block $clean
      (loop $next
        (br_if $clean (i32.ge_u (local.get $at) (local.get $end)))
        (if (i64.ne (i64.load $own (local.get $at)) (i64.const 0)) (then (return (i32.const 1))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (i32.const 0))

  (func $is_second_dirty (result i32) (local $at i32)
    (loop $next
      (if (i64.ne (i64.load $second (local.get $at)) (i64.const 0)) (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const {PAGE_BYTES}))))
    (i32.const 0))

  (func $is_table_dirty (result i32) (local $at i32)
    (loop $next
      (if (i32.eqz (ref.is_null (table.get $marks (local.get $at)))) (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (table.size $marks))))
    (i32.const 0))

  (func $is_stack_dirty (param $depth i32) (result i32)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $found i32)
    (if (local.get $depth)
      (then (local.set $found (call $is_stack_dirty (i32.sub (local.get $depth) (i32.const 1))))))
    (i32.or (local.get $found)
      (i64.ne (i64.const 0)
        (i64.or (i64.or (local.get $a) (local.get $b)) (i64.or (local.get $c) (local.get $d))))))

  (func $mark_stack (param $depth i32) (param $a i64) (result i64)
    (local $b i64) (local $c i64) (local $d i64)
    (local.set $b (i64.mul (local.get $a) (i64.const 3)))
    (local.set $c (i64.mul (local.get $b) (i64.const 5)))
    (local.set $d (i64.mul (local.get $c) (i64.const 7)))
    (if (local.get $depth)
      (then (local.set $a (call $mark_stack (i32.sub (local.get $depth) (i32.const 1)) (local.get $d)))))
    (i64.xor (i64.xor (local.get $a) (local.get $b)) (i64.xor (local.get $c) (local.get $d))))

  (func (export "snoop") (result i32) (local $found i32) (local $end i32)
    (local.set $end (i32.mul (memory.size $own) (i32.const {PAGE_BYTES})))
    (if (i32.or (call $is_dirty (i32.const {start}) (local.get $end))
          (i64.ne (i64.load $own (i32.const 0)) (i64.const {first_word})))
      (then (local.set $found (i32.const {IN_MEMORY}))))
    (if (i32.eq (memory.grow $own (i32.const {grown_pages})) (i32.const -1)) (then (unreachable)))
    (if (call $is_dirty (local.get $end) (i32.mul (memory.size $own) (i32.const {PAGE_BYTES})))
      (then (local.set $found (i32.or (local.get $found) (i32.const {IN_GROWN_MEMORY})))))
    (if (i32.or (i64.ne (global.get $number) (i64.const 0))
          (i32.eqz (ref.is_null (global.get $function))))
      (then (local.set $found (i32.or (local.get $found) (i32.const {IN_GLOBAL})))))
    (if (call $is_table_dirty)
      (then (local.set $found (i32.or (local.get $found) (i32.const {IN_TABLE})))))
    (if (call $is_stack_dirty (i32.const 200))
      (then (local.set $found (i32.or (local.get $found) (i32.const {ON_STACK})))))
    (if (call $is_second_dirty)
      (then (local.set $found (i32.or (local.get $found) (i32.const {IN_SECOND_MEMORY})))))
    (memory.fill $own (i32.const 0) (i32.const 0xA5) (i32.mul (memory.size $own) (i32.const {PAGE_BYTES})))
    (memory.fill $second (i32.const 0) (i32.const 0xA5) (i32.const {PAGE_BYTES}))
    (table.fill $marks (i32.const 0) (ref.func $mark) (table.size $marks))
    (global.set $function (ref.func $mark))
    (global.set $number (call $mark_stack (i32.const 200) (i64.const 0xA5A5A5A5A5A5)))
    (local.get $found)))"#
        )
    }

    fn compiled(self, engine: &Engine) -> Module {
        let wasm = wat::parse_str(self.wat()).expect("WebAssembly");
        Module::new(engine, wasm).unwrap_or_else(|error| panic!("{self:?}: {error:?}"))
    }
}

/// What a guest in a sandbox of its own finds in so many calls.
async fn find<const CALLS: usize>(module: &Module) -> [i32; CALLS] {
    let mut store = Store::new(module.engine(), ());
    store.set_epoch_deadline(1_000_000);
    let instance = Instance::new_async(&mut store, module, &[]);
    let instance = instance.await.expect("there is room for it");
    let snoop = instance.get_typed_func::<(), i32>(&mut store, "snoop");
    let snoop = snoop.expect("it is exported");
    let mut found = [0; CALLS];
    for found in &mut found {
        let called = snoop.call_async(&mut store, ()).await;
        *found = called.expect("it comes back");
    }
    found
}

#[tokio::test]
async fn no_guest_finds_anything_of_the_one_before_it_whatever_slots_keep() {
    for allocation in Allocation::ALL {
        let engine = engines::running_on(*allocation, SANDBOXES);
        let engine = engine.unwrap_or_else(|error| panic!("{allocation:?}: {error:?}"));
        let snoops = Snoop::around(*allocation);
        let modules: Vec<Module> = snoops.iter().map(|snoop| snoop.compiled(&engine)).collect();
        for round in 0..ROUNDS {
            for (snoop, module) in snoops.iter().zip(&modules) {
                let [found] = find(module).await;
                assert_eq!(found, 0, "{allocation:?}, round {round}: {snoop:?}");
            }
        }
        // The same guest again and again has the same slot, whose image the engine knows.
        for (snoop, module) in snoops.iter().zip(&modules) {
            for round in 0..ROUNDS {
                let [found] = find(module).await;
                assert_eq!(found, 0, "{allocation:?}, round {round}: {snoop:?} alone");
            }
        }
    }
}

#[tokio::test]
async fn a_guest_finds_what_it_has_left_itself_so_it_would_find_what_others_leave() {
    for allocation in Allocation::ALL {
        let engine = engines::running_on(*allocation, SANDBOXES).expect("an engine");
        for snoop in Snoop::around(*allocation) {
            let found = find(&snoop.compiled(&engine)).await;
            let everything = IN_MEMORY | IN_GLOBAL | IN_TABLE | IN_SECOND_MEMORY;
            assert_eq!(found, [0, everything], "{allocation:?}: {snoop:?}");
        }
    }
}
