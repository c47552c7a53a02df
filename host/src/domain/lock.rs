//! Locks that a panic does not close: what they hold is left whole between any two steps, so whoever comes next can go
//! on with it.

#[cfg(test)]
use std::sync::TryLockError;
use std::sync::{
    LockResult, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    WaitTimeoutResult,
};

/// A value for one at a time.
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn is_free(&self) -> bool {
        !matches!(self.0.try_lock(), Err(TryLockError::WouldBlock))
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that many read, or one changes.
#[derive(Debug, Default)]
pub(crate) struct SharedLock<T>(RwLock<T>);

impl<T> SharedLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(RwLock::new(value))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What whoever waited for a signal holds again.
pub(crate) fn regained<'a, T>(
    waited: LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>,
) -> MutexGuard<'a, T> {
    waited.unwrap_or_else(PoisonError::into_inner).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_panic_leaves_what_it_held_to_the_next() {
        let (lock, shared) = (Lock::new(0), SharedLock::<u32>::default());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let (mut held, mut written) = (lock.lock(), shared.write());
            (*held, *written) = (2, 2);
            panic!("while both are held");
        }));
        assert!(panicked.is_err());
        assert_eq!((*lock.lock(), *shared.read()), (2, 2));
        assert_eq!(*shared.write(), 2);
    }
}
