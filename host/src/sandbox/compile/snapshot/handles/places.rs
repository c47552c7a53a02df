//! The places of the host's table of things that a guest has handles of.

use std::any::{Any, TypeId};

use wasmtime::component::ResourceTable;

use crate::limits;

/// The places of a table. They are given out as the guest's handles are: the one that was let go of last,
/// or else the next one.
///
/// In builds with debug assertions the table buries a place that was let go of, and never gives it out
/// again. What is behind it has another handle then.
pub(super) struct Places {
    /// Where something is.
    pub(super) open: Vec<u32>,
    /// Where nothing can be any more.
    pub(super) buried: Vec<u32>,
}

impl Places {
    pub(super) fn of(table: &mut ResourceTable) -> Self {
        let places = u32::try_from(limits::GUEST_HANDLES_MAX).unwrap_or(u32::MAX);
        let burial = burial();
        let (mut open, mut buried) = (Vec::new(), Vec::new());
        for place in 0..places {
            match table.get_any_mut(place) {
                Ok(entry) if Some((*entry).type_id()) == burial => buried.push(place),
                Ok(_) => open.push(place),
                Err(_) => {}
            }
        }
        Self { open, buried }
    }
}

/// What lies at a place that was buried; `None` where that is not done.
fn burial() -> Option<TypeId> {
    let mut table = ResourceTable::new();
    let entry = table.push(()).ok()?;
    let place = entry.rep();
    table.delete(entry).ok()?;
    let buried = table.get_any_mut(place).ok()?;
    Some((*buried).type_id())
}

/// What tells an entry from others.
pub(super) fn address(entry: &dyn Any) -> *const () {
    std::ptr::from_ref(entry).cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_let_go_of_is_not_open() {
        let mut table = ResourceTable::new();
        let first = table.push("first").expect("room");
        let second = table.push("second").expect("room");
        let third = table.push("third").expect("room");
        table.delete(second).expect("there");
        let places = Places::of(&mut table);
        assert_eq!(places.open, [first.rep(), third.rep()]);
        assert!(!places.open.contains(&1) && (places.buried.is_empty() || places.buried == [1]));
    }
}
