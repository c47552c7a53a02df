//! Snapshots of published versions: taken behind the answer, as code is compiled.
//!
//! A version that wants one is Pending. Its component is initialized, what that leaves is stored like a
//! package and compiled like a component, and only then is the version Active. All of it takes turns; nothing that
//! other deployments need is held while code of the function runs, or waits to be compiled; and an image is in memory
//! only until it is stored. A crash on the way leaves the version Pending, and it is taken again by whoever finds it so.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use uuid::Uuid;

use super::image_memory::HeldImage;
use super::initialization::{InitOutcome, InitReport, Initialized, image_code};
use super::pipeline::Pipeline;
use super::rejection::{failure, unreadable};
use super::retention::Claim;
use super::{CompileGuest, Fault, Rejection};
use crate::domain::lifecycle::Failure;
use crate::domain::{Cause, Code, Growing, Refusal, Snapshot, Version, snapshot};
use crate::limits::{ARTIFACT_BYTES_OF_COMPONENT_BYTE, SNAPSHOT_ROOM_WAITS_MAX};
use crate::storage::Promise;
use crate::turns::backoff_ms;

/// For what reason a version with a snapshot becomes active, or fails to.
static ENDED: Cause = Cause::host("EndSnapshot");

/// A snapshot and, where there is one, what keeps its code.
pub(super) type Made = (Snapshot, Option<Claim>);

/// An image that is to be stored.
struct Image {
    image: Bytes,
    room: ImageRoom,
}

/// Room for an image until it is stored.
#[derive(Default)]
struct ImageRoom {
    on_disk: Promise,
    _in_memory: Option<HeldImage>,
}

impl From<Bytes> for Image {
    /// One that was stored before, and has a place among what is checked.
    fn from(image: Bytes) -> Self {
        Self {
            image,
            room: ImageRoom::default(),
        }
    }
}

const IMAGES_WAIT: &str = "This host holds as many snapshots of the account as it may that are not stored yet, since its \
                           disk is slow or many versions are published at once. Publish the version again later.";

const CODE_FULL: &str = "All packages and snapshots together would be larger than the account may store. Delete versions \
                         that are not needed, and publish again.";

impl<G: CompileGuest> Pipeline<G> {
    /// Takes the snapshot of a version that waits for it, and says how that went.
    pub(super) async fn take_snapshot(self: &Arc<Self>, version: &Arc<Version>) {
        let made = self.state_of(version).await;
        self.end_snapshot(version, made).await;
    }

    /// Initializes a version, and gives what its sandboxes start from.
    pub(super) async fn state_of(
        self: &Arc<Self>,
        version: &Arc<Version>,
    ) -> Result<Made, Failure> {
        // In a task of its own, so that a panic ends as a state that can be seen.
        let making = tokio::spawn(Arc::clone(self).make_snapshot(Arc::clone(version)));
        making.await.unwrap_or_else(|broke_off| {
            let rejection = Rejection::of_host(broke_off.to_string());
            Err(failure(&version.function, rejection))
        })
    }

    /// Initializes the version, and makes what that leaves ready to run. Where there is no room for that, it waits for
    /// some a few times, without what it has made. A version that waited for longer could not be called for want of
    /// something that it runs without.
    async fn make_snapshot(self: Arc<Self>, version: Arc<Version>) -> Result<Made, Failure> {
        let mut waits = 0;
        loop {
            let image = match self.initialize(&version).await?.outcome {
                InitOutcome::Taken(image) => image,
                InitOutcome::Impossible(reason) => return Ok(impossible(&version, reason)),
                InitOutcome::Failed(failure) => return Err(failure.into()),
            };
            let code = image_code(&version, &image);
            if self.check_code_storage(code.package_bytes).is_err() {
                return Ok(impossible(&version, CODE_FULL.into()));
            }
            let no_room = match self.image_room(&code).await {
                Ok(room) => return self.make_ready(&version, Image { image, room }, code).await,
                Err(no_room) => no_room,
            };
            drop(image);
            if !self.room_comes_back(&code, &mut waits).await {
                return Ok(impossible(&version, no_room.to_string()));
            }
        }
    }

    /// Keeps room for an image, if there is some for what is compiled of it as well.
    async fn image_room(&self, code: &Code) -> Result<ImageRoom, Refusal> {
        let in_memory = self.images.take(&self.account.owner(), code.package_bytes);
        let in_memory =
            in_memory.ok_or_else(|| Refusal::NoRoom(Growing::Code, IMAGES_WAIT.into()))?;
        let compiled_bytes = code.package_bytes * ARTIFACT_BYTES_OF_COMPONENT_BYTE;
        let image = Some((code.package, code.package_bytes));
        Ok(ImageRoom {
            on_disk: self.check_code_room(image, compiled_bytes).await?,
            _in_memory: Some(in_memory),
        })
    }

    /// Whether there is room for an image like this one before it was waited for often enough.
    async fn room_comes_back(&self, code: &Code, waits: &mut u32) -> bool {
        while *waits < SNAPSHOT_ROOM_WAITS_MAX {
            *waits += 1;
            tokio::time::sleep(Duration::from_millis(backoff_ms(*waits))).await;
            if self.image_room(code).await.is_ok() {
                return true;
            }
        }
        false
    }

    async fn initialize(&self, version: &Arc<Version>) -> Result<Initialized, Failure> {
        let claim = self.retention.claim(version.code.clone()).await;
        let claim = claim.map_err(|refusal| unreadable(&version.function, refusal))?;
        let initialized = self.initialize_claimed(version).await;
        self.retention.release(claim).await;
        initialized
    }

    async fn initialize_claimed(&self, version: &Arc<Version>) -> Result<Initialized, Failure> {
        let name = &version.function;
        let (lane, source) = (self.lane(None, name), Arc::clone(&self.source));
        let initialized = self.guests.initialize(&lane, version, source).await;
        let initialized = match initialized {
            Ok(initialized) => initialized,
            Err(Rejection {
                reason,
                fault: Fault::Code,
            }) => Initialized::impossible(reason),
            Err(rejection) => return Err(failure(name, rejection)),
        };
        // It may have waited for its turn before.
        let started = SystemTime::now() - initialized.duration;
        self.tell_initialized(version, started, &initialized);
        Ok(initialized)
    }

    /// Stores and compiles `image`, and has it loaded, so that the first call finds it so.
    async fn make_ready(
        &self,
        version: &Arc<Version>,
        image: Image,
        code: Code,
    ) -> Result<Made, Failure> {
        let claim = self.retention.claim(code.clone()).await;
        let mut claim = claim.map_err(|refusal| unreadable(&version.function, refusal))?;
        match self.compile_image(version, image, &mut claim).await {
            Ok(()) => Ok((Snapshot::Taken(code), Some(claim))),
            Err(rejection) => {
                self.retention.release(claim).await;
                match rejection.fault {
                    Fault::Code => Ok(impossible(version, rejection.reason)),
                    Fault::Machine | Fault::Host => Err(failure(&version.function, rejection)),
                }
            }
        }
    }

    async fn compile_image(
        &self,
        version: &Arc<Version>,
        image: Image,
        claim: &mut Claim,
    ) -> Result<(), Rejection> {
        self.store_image(claim, image).await?;
        let accepted = self.accept_image(version, claim).await?;
        let finished = self.guests.finish(accepted, Arc::clone(&self.source));
        finished.await?;
        let ready = Version {
            snapshot: Some(Snapshot::Taken(claim.code().clone())),
            ..Version::clone(version)
        };
        self.guests.load(&ready).await?;
        match claim.has_lapsed() {
            // A compilation takes long enough for another host to have taken this one for gone.
            true => {
                let lane = self.lane(None, &version.function);
                let _room = self.room(&lane, claim.code().package_bytes).await;
                let image = self.stored_image(claim).await?;
                self.store_image(claim, image.into()).await
            }
            false => Ok(()),
        }
    }

    /// Has the image checked that is stored: it waits on disk for its turn, and to be compiled after that.
    async fn accept_image(
        &self,
        version: &Arc<Version>,
        claim: &mut Claim,
    ) -> Result<G::Accepted, Rejection> {
        let lane = self.lane(None, &version.function);
        let _room = self.room(&lane, claim.code().package_bytes).await;
        let image = self.stored_image(claim).await?;
        let accepted = self.guests.accept(&lane, claim.code(), image.clone());
        let accepted = accepted.await?;
        if claim.has_lapsed() {
            self.store_image(claim, image.into()).await?;
        }
        Ok(accepted)
    }

    async fn stored_image(&self, claim: &Claim) -> Result<Bytes, Rejection> {
        let stored = self.packages.get(claim.code().package).await;
        let stored = stored.map_err(|error| Rejection::of_host(error.to_string()))?;
        stored.ok_or_else(|| {
            Rejection::of_machine(
                "Another host has removed the snapshot before it was compiled, since it had not heard of this \
                 host for too long. Publish the version again.",
            )
        })
    }

    /// Stores an image. It is in memory no longer then.
    async fn store_image(&self, claim: &mut Claim, image: Image) -> Result<(), Rejection> {
        let Image { image, mut room } = image;
        let stored = self.store(claim, &image, &mut room.on_disk).await;
        stored.map_err(|refusal| match refusal {
            Refusal::NoRoom(_, reason) => Rejection::of_machine(reason),
            refusal => Rejection::of_host(refusal.to_string()),
        })
    }

    /// The snapshot, if the account may store it beside all that others have stored while it was made.
    fn within_quota(&self, version: &Version, snapshot: Snapshot) -> Snapshot {
        match &snapshot {
            Snapshot::Taken(code) if self.check_code_storage(code.package_bytes).is_err() => {
                impossible(version, CODE_FULL.into()).0
            }
            _ => snapshot,
        }
    }

    /// Says how it went, if the version still waits for it.
    async fn end_snapshot(&self, version: &Arc<Version>, made: Result<Made, Failure>) {
        let (result, claim) = match made {
            Ok((snapshot, claim)) => (Ok(snapshot), claim),
            Err(failure) => {
                tracing::warn!(
                    function = %version.function, version = %version.id, reason = failure.reason,
                    "a version could not be initialized for its snapshot"
                );
                (Err(failure), None)
            }
        };
        let ended = self.change_unseen(&ENDED, &version.function, |record| {
            let after = record.and_then(|record| {
                let result = result.clone();
                let result = result.map(|snapshot| self.within_quota(version, snapshot));
                snapshot::ended(record, version, result, Uuid::new_v4())
            });
            Ok((after.or_else(|| record.cloned()), ()))
        });
        let ended = ended.await;
        if let Some(claim) = claim {
            self.retention.release(claim).await;
        }
        self.changes.send_replace(());
        if let Err(error) = ended {
            tracing::error!(%error, "a snapshot could not be recorded: it is taken again");
        }
    }

    fn tell_initialized(
        &self,
        version: &Arc<Version>,
        started: SystemTime,
        initialized: &Initialized,
    ) {
        let Some(observer) = self.init_observer.get() else {
            return;
        };
        let outcome = match &initialized.outcome {
            // Whoever listens has no use for a copy of the image.
            InitOutcome::Taken(_) => InitOutcome::Taken(Bytes::new()),
            other => other.clone(),
        };
        observer(InitReport {
            version: Arc::clone(version),
            started,
            initialized: Initialized {
                outcome,
                ..initialized.clone()
            },
        });
    }
}

fn impossible(version: &Version, reason: String) -> Made {
    tracing::warn!(
        function = %version.function, version = %version.id, reason,
        "there is no snapshot of a version, which starts from nothing instead"
    );
    (Snapshot::Impossible { reason }, None)
}
