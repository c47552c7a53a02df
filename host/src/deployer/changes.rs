//! Changes of functions, each for a cause that the audit log tells of.

use std::sync::Arc;

use bytes::Bytes;

use super::stamps::{revisions, stamp};
use super::tasks::whole;
use super::{CodeChange, CompileGuest, Deployer, NewFunction};
use crate::domain::settings::SettingsChange;
use crate::domain::{
    Cause, FunctionName, FunctionRecord, Publication, Refusal, Version, lifecycle, publishing,
};
use crate::limits::PACKAGE_BYTES_MAX;

/// What changes functions, on somebody's account. There is no other way to change one, so that none is changed without
/// an entry of the audit log that says who did it.
pub struct Changes<'a, G> {
    pub(super) deployer: &'a Deployer<G>,
    pub(super) cause: Cause,
}

impl<G: CompileGuest> Changes<'_, G> {
    /// Creates a function. Answers as soon as it is durable and `Pending`, with the version that was
    /// published, or else with `$LATEST`; the rest goes on behind.
    ///
    /// # Errors
    /// [`Refusal::PackageTooLarge`], [`Refusal::FunctionExists`], [`Refusal::InvalidParameter`] with what
    /// is wrong with the package, [`Refusal::CodeStorageExceeded`], [`Refusal::Internal`].
    pub async fn create(self, new: NewFunction) -> Result<Arc<Version>, Refusal> {
        check_size(&new.package)?;
        if self.deployer.catalog().get(&new.name).is_some() {
            return Err(Refusal::FunctionExists(new.name));
        }
        self.deployer.pipeline.check_functions()?;
        new.settings.check_grants()?;
        let (pipeline, cause) = (Arc::clone(&self.deployer.pipeline), self.cause);
        whole(async move {
            let lane = pipeline.lane(new.sender, &new.name);
            let checked = pipeline.check(lane, new.package, &new.settings).await?;
            let (name, code) = (new.name.clone(), checked.code().clone());
            let counted = Arc::clone(&pipeline);
            pipeline
                .deploy(
                    &cause,
                    new.name,
                    checked,
                    new.publish,
                    move |record| match record {
                        Some(_) => Err(Refusal::FunctionExists(name.clone())),
                        None => {
                            counted.check_functions()?;
                            let (settings, tags) = (new.settings.clone(), new.tags.clone());
                            let (name, code) = (name.clone(), code.clone());
                            Ok(lifecycle::created(name, settings, code, tags, stamp()))
                        }
                    },
                )
                .await
        })
        .await
    }

    /// Changes the code of `$LATEST`. Answers as soon as the update is durable and in progress, with the
    /// version that was published, or else with `$LATEST`.
    ///
    /// # Errors
    /// [`Refusal::PackageTooLarge`], [`Refusal::FunctionNotFound`], [`Refusal::FunctionNotActive`],
    /// [`Refusal::UpdateInProgress`], [`Refusal::RevisionMismatch`], [`Refusal::InvalidParameter`] with
    /// what is wrong with the package, [`Refusal::CodeStorageExceeded`], [`Refusal::Internal`].
    pub async fn update_code(
        self,
        name: &FunctionName,
        change: CodeChange,
    ) -> Result<Arc<Version>, Refusal> {
        check_size(&change.package)?;
        let expected = change.expected_revision;
        let current = self
            .deployer
            .pipeline
            .updatable(name, expected.as_deref())?;
        let (name, pipeline) = (name.clone(), Arc::clone(&self.deployer.pipeline));
        let cause = self.cause;
        whole(async move {
            let lane = pipeline.lane(change.sender, &name);
            let settings = &current.latest.settings;
            let checked = pipeline.check(lane, change.package, settings).await?;
            if change.dry_run {
                pipeline.abandon(checked).await;
                return Ok(Arc::clone(&current.latest));
            }
            let code = checked.code().clone();
            let decide = |record: Option<&FunctionRecord>| {
                let record = pipeline.check_update(&name, record, expected.as_deref())?;
                let (code, architecture) = (code.clone(), change.architecture);
                Ok(lifecycle::code_update_begun(
                    record,
                    code,
                    architecture,
                    stamp(),
                ))
            };
            pipeline
                .deploy(&cause, name.clone(), checked, change.publish, decide)
                .await
        })
        .await
    }

    /// Changes the settings of `$LATEST`. Answers as soon as the update is durable and in progress; where
    /// the code is ready already, it ends after `limits::UPDATE_DURATION_MIN`.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`], [`Refusal::FunctionNotActive`], [`Refusal::UpdateInProgress`],
    /// [`Refusal::RevisionMismatch`], [`Refusal::InvalidParameter`] where the change does not go with
    /// what there is, [`Refusal::Internal`].
    pub async fn update_settings(
        self,
        name: &FunctionName,
        expected_revision: Option<String>,
        change: SettingsChange,
    ) -> Result<Arc<Version>, Refusal> {
        let (name, pipeline) = (name.clone(), Arc::clone(&self.deployer.pipeline));
        let cause = self.cause;
        whole(async move {
            pipeline
                .update_settings(cause, name, expected_revision, change)
                .await
        })
        .await
    }

    /// Publishes `$LATEST`: gives the new version, or the last one where nothing has changed since. With
    /// SnapStart the version is Pending, and its snapshot is taken behind the answer.
    ///
    /// # Errors
    /// What `publishing::published` refuses, [`Refusal::FunctionNotFound`],
    /// [`Refusal::InvalidParameter`] where there are as many versions as there may be,
    /// [`Refusal::CodeStorageExceeded`], [`Refusal::Internal`].
    pub async fn publish(
        self,
        name: &FunctionName,
        wanted: Publication,
    ) -> Result<Arc<Version>, Refusal> {
        let pipeline = Arc::clone(&self.deployer.pipeline);
        let arn = pipeline.account.function_arn(name, None);
        let has_room = pipeline.check_code_room(None, 0).await.map(drop);
        self.amend(name, move |record| {
            let (arn, wanted) = (arn.clone(), wanted.clone());
            let (after, version) = publishing::published(record, arn, wanted, revisions())?;
            pipeline.check_published(record, &after)?;
            if after.versions.len() > record.versions.len() {
                has_room.clone()?;
            }
            Ok((after, version))
        })
        .await
    }

    /// Deletes a published version with what is attached to it. One that is not there is deleted already.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`], [`Refusal::Conflict`] while an alias leads to it,
    /// [`Refusal::Internal`].
    pub async fn delete_version(self, name: &FunctionName, number: u64) -> Result<(), Refusal> {
        self.amend(name, move |record| {
            Ok((publishing::deleted(record, number)?, ()))
        })
        .await
    }

    /// Deletes a function with all that belongs to it.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`], [`Refusal::Internal`].
    pub async fn delete(self, name: &FunctionName) -> Result<(), Refusal> {
        let (name, pipeline) = (name.clone(), Arc::clone(&self.deployer.pipeline));
        let cause = self.cause;
        whole(async move {
            let deleted = pipeline.change(&cause, &name, |record| match record {
                Some(_) => Ok((None, ())),
                None => Err(pipeline.not_found(&name)),
            });
            deleted.await.map(|_gone| ())
        })
        .await
    }

    /// Changes a function in any other way, as one transaction: `decide` gets it as it is and gives what
    /// it becomes, and what the caller is told. It is asked again where another change came first. Code that no
    /// version has any more goes.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`] without a qualifier, whatever `decide` refuses,
    /// [`Refusal::Internal`].
    pub async fn amend<T: Send + 'static>(
        self,
        name: &FunctionName,
        decide: impl Fn(&FunctionRecord) -> Result<(FunctionRecord, T), Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (name, pipeline) = (name.clone(), Arc::clone(&self.deployer.pipeline));
        let cause = self.cause;
        whole(async move {
            let (function, deciding) = (name.clone(), Arc::clone(&pipeline));
            let amended = pipeline.change(&cause, &name, move |record| {
                let record = record.ok_or_else(|| deciding.not_found(&function))?;
                let (after, told) = decide(record)?;
                Ok((Some(after), told))
            });
            amended.await.map(|(_record, told)| told)
        })
        .await
    }
}

fn check_size(package: &Bytes) -> Result<(), Refusal> {
    match package.len() as u64 > PACKAGE_BYTES_MAX {
        true => Err(Refusal::PackageTooLarge {
            limit_bytes: PACKAGE_BYTES_MAX,
        }),
        false => Ok(()),
    }
}
