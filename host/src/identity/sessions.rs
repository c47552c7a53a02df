//! Sessions whose tokens were opened, for as long as few others come.

use std::collections::HashMap;
use std::sync::Arc;

use super::key::Key;
use super::role::Role;
use super::seal::SessionSecret;
use super::session::{KEY_KIND, Session};
use crate::domain::Lock;
use crate::limits::SESSIONS_KEPT_MAX;
use crate::sigv4::Denial;

/// Keys of sessions by their ids, with what was derived from them.
#[derive(Default)]
pub(super) struct Sessions(Lock<Kept>);

/// Keys that came first, or came again, since half of all places were taken; and those before them.
#[derive(Default)]
struct Kept {
    young: HashMap<String, Arc<Key>>,
    old: HashMap<String, Arc<Key>>,
}

impl Sessions {
    /// The key of the session with this id, of one of these roles by their ARNs, for somebody who sends this token.
    /// Whether it is good yet is for the key to say: one that is kept has the token of its session, and no other.
    ///
    /// # Errors
    /// Where no token is sent, or none that was sealed for it, and where its role is gone, or is another one by now.
    pub(super) fn key(
        &self,
        roles: &HashMap<String, Arc<Role>>,
        secret: &SessionSecret,
        id: &str,
        token: Option<&str>,
    ) -> Result<Arc<Key>, Denial> {
        let token = token.filter(|_| id.starts_with(KEY_KIND));
        let token = token.ok_or(Denial::UnknownKey)?;
        if let Some(key) = self.0.lock().get(id) {
            return Ok(key);
        }
        let session = Session::open(secret, id, token).ok_or(Denial::WrongToken)?;
        let role = roles.get(session.role()).ok_or(Denial::UnknownKey)?;
        let key = session.key(role, id, token, secret.of_key(id));
        let key = Arc::new(key.ok_or(Denial::UnknownKey)?);
        self.0.lock().put(Arc::clone(&key));
        Ok(key)
    }

    /// How many are kept.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        let kept = self.0.lock();
        kept.young.len() + kept.old.len()
    }
}

impl Kept {
    fn get(&mut self, id: &str) -> Option<Arc<Key>> {
        if let Some(key) = self.young.get(id) {
            return Some(Arc::clone(key));
        }
        let key = self.old.remove(id)?;
        self.put(Arc::clone(&key));
        Some(key)
    }

    fn put(&mut self, key: Arc<Key>) {
        if self.young.len() >= SESSIONS_KEPT_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key.id().to_owned(), key);
    }
}
