//! What the host holds for a guest, as long as it does.

use std::sync::Arc;

use bytes::Bytes;

use super::budget::{Budget, Spent};

/// Bytes of a guest's budget, given back when this is dropped.
#[derive(Debug)]
pub(in crate::sandbox) struct Charge {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Charge {
    /// Of nothing, yet.
    pub(in crate::sandbox) fn none(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            bytes: 0,
        }
    }

    /// Of so many bytes.
    ///
    /// # Errors
    /// Where they are not there.
    pub(in crate::sandbox) fn take(budget: &Arc<Budget>, bytes: usize) -> Result<Self, Spent> {
        let mut taken = Self::none(budget);
        taken.add(bytes)?;
        Ok(taken)
    }

    /// Takes so many bytes more.
    ///
    /// # Errors
    /// Where they are not there.
    pub(in crate::sandbox) fn add(&mut self, bytes: usize) -> Result<(), Spent> {
        let bytes = bytes as u64;
        self.budget.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Is of so many bytes from now on.
    ///
    /// # Errors
    /// Where they are more, and not there.
    pub(in crate::sandbox) fn set(&mut self, bytes: usize) -> Result<(), Spent> {
        let bytes = bytes as u64;
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.budget.take(more)?,
            None => self.budget.give_back(self.bytes - bytes),
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Is of so many bytes from now on, which are more, and which nobody has to have; gives whether they were there.
    pub(in crate::sandbox) fn grow_if_there(&mut self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let more = bytes.saturating_sub(self.bytes);
        let is_there = self.budget.take_if_there(more).is_ok();
        if is_there {
            self.bytes += more;
        }
        is_there
    }

    /// Is of so many bytes from now on, even where they are not there.
    pub(in crate::sandbox) fn set_regardless(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.budget.take_regardless(more),
            None => self.budget.give_back(self.bytes - bytes),
        }
        self.bytes = bytes;
    }

    pub(in crate::sandbox) fn bytes(&self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.give_back(self.bytes);
        }
    }
}

/// `bytes`, which count for as long as anybody has some of them.
///
/// # Errors
/// Where there is no room for them.
pub(in crate::sandbox) fn charged(budget: &Arc<Budget>, bytes: Vec<u8>) -> Result<Bytes, Spent> {
    let charge = Charge::take(budget, bytes.capacity())?;
    Ok(Bytes::from_owner(Counted {
        bytes,
        _charge: charge,
    }))
}

struct Counted {
    bytes: Vec<u8>,
    _charge: Charge,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::memory::budget::tests::budget_of;

    #[test]
    fn a_charge_grows_and_shrinks_and_ends_with_its_owner() {
        let budget = budget_of(100);
        let mut charge = Charge::take(&budget, 40).expect("there is room");
        assert_eq!(charge.add(61), Err(Spent::Function));
        assert_eq!(charge.set(100), Ok(()));
        assert_eq!(charge.set(30), Ok(()));
        assert_eq!((charge.bytes(), budget.held_bytes()), (30, 30));
        charge.set_regardless(200);
        assert_eq!(budget.held_bytes(), 200);
        drop(charge);
        assert_eq!(budget.held_bytes(), 0);
    }

    #[test]
    fn bytes_count_until_the_last_piece_of_them_is_gone() {
        let budget = budget_of(100);
        let mut bytes = charged(&budget, vec![1; 80]).expect("there is room");
        let first = bytes.split_to(1);
        drop(bytes);
        assert_eq!((&first[..], budget.held_bytes()), (&[1][..], 80));
        assert!(charged(&budget, vec![1; 80]).is_err());
        drop(first);
        assert_eq!(budget.held_bytes(), 0);
    }
}
