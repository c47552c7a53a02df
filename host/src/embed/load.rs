//! Getting functions into a host, and out of it.

use bytes::Bytes;

use super::{Function, FunctionConfig};
use crate::app::Host;
use crate::deployer::{NotDeployed, Wanted};
use crate::domain::{Cause, FunctionName, Refusal};

/// A function was not loaded; the text says why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the function {function:?} was not loaded: {reason}")]
pub struct LoadError {
    /// The name that was asked for.
    pub function: String,
    /// Why not, in a sentence.
    pub reason: String,
}

impl Host {
    /// Compiles a component and gives the function that it is, ready to be invoked. A function of that name
    /// which is there already becomes this one; calls that run go on with what they began with.
    ///
    /// `code` is a component, a core module for WASI preview 1 or a zip that holds one, or, where
    /// [`trust_artifacts`](crate::HostConfig::trust_artifacts) says so, what `sparkler compile` made.
    ///
    /// # Errors
    /// When the name or the limits are none, or the code is no function, imports what is not provided, or
    /// cannot be compiled.
    pub async fn load(
        &self,
        name: &str,
        code: impl Into<Bytes>,
        config: impl Into<FunctionConfig>,
    ) -> Result<Function, LoadError> {
        let not_loaded = |reason: String| LoadError {
            function: name.into(),
            reason,
        };
        let config = config.into();
        let name = FunctionName::parse(name).ok_or_else(|| {
            not_loaded("a name takes 1 to 64 letters, digits, dashes and underscores".into())
        })?;
        let wanted = Wanted {
            settings: config.settings(&name).map_err(not_loaded)?,
            change: Some(config.change().map_err(not_loaded)?),
            package: code.into(),
            name: name.clone(),
        };
        match self.deployer().by(Cause::host("Load")).deploy(wanted).await {
            Ok(_) => Ok(Function::new(self, name, Some(config.limits.timeout))),
            Err(NotDeployed::Refused(Refusal::Internal)) => Err(not_loaded(
                "the host could not do its part; its log says why".into(),
            )),
            Err(problem) => Err(not_loaded(problem.to_string())),
        }
    }

    /// A function that is there already, such as one out of the data directory; `None` where there is none of
    /// that name.
    pub fn function(&self, name: &str) -> Option<Function> {
        let name = FunctionName::parse(name)?;
        self.deployer().catalog().get(&name)?;
        Some(Function::new(self, name, None))
    }

    /// Removes a function; calls that run go on to their end.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`] where there is none of that name, [`Refusal::Internal`].
    pub async fn unload(&self, function: &Function) -> Result<(), Refusal> {
        let by_program = self.deployer().by(Cause::host("Unload"));
        by_program.delete(function.function_name()).await
    }
}
