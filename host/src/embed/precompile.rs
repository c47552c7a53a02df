//! Compiling for hosts that have no compiler.

use crate::app::HostConfig;
use crate::deployer::Rejection;
use crate::sandbox;

impl HostConfig {
    /// Compiles a component for hosts of this version, with these interfaces, on machines of this kind. What
    /// comes of it is loaded in the place of the component, where
    /// [`trust_artifacts`](Self::trust_artifacts) says so.
    ///
    /// Blocks, for as long as the compiler takes.
    ///
    /// # Errors
    /// When the component is no function, imports what is not provided, or cannot be compiled.
    pub fn precompile(&self, component: impl Into<Vec<u8>>) -> Result<Vec<u8>, Rejection> {
        sandbox::precompile(component.into(), &self.interfaces)
    }
}
