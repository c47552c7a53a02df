//! Interpreters that are made ready before anybody deploys what they run.

use std::sync::Arc;

use super::{EngineError, Sandboxes};
use crate::deployer::Rejection;
use crate::domain::Named as _;
use crate::domain::language::Language;
use crate::sandbox::compile::compiler::Accepted;

impl Sandboxes {
    /// Compiles the interpreter of a language, unless that was done, so that no deploy waits for it.
    ///
    /// # Errors
    /// With the reason, where it is not prepared or cannot be compiled.
    pub async fn ready_interpreter(&self, language: Language) -> Result<(), EngineError> {
        let failed = |rejection: Rejection| EngineError(rejection.reason);
        let compiler = &self.maker().compiler;
        let code = compiler.interpreted(language).map_err(failed)?;
        let lane = self.maker().lane_of_host(language.name());
        let accepted = Accepted::interpreted(&lane, &code);
        let components = Arc::clone(&self.maker().components);
        compiler.finish(accepted, components).await.map_err(failed)
    }
}
