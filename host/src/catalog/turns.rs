//! Who changes what.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::FunctionName;

/// Places in which changes wait for each other. Those of one function always do, which saves conflicts; two
/// functions seldom.
const TURNS: usize = 64;

/// Where changes wait for each other.
pub(super) struct Turns([Mutex<()>; TURNS]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Turns {
    /// Waits until nobody else here changes the function.
    pub(super) async fn of(&self, name: &FunctionName) -> MutexGuard<'_, ()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(name);
        let place = usize::try_from(hash % TURNS as u64).unwrap_or_default();
        self.0[place].lock().await
    }
}
