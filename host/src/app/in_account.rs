//! What a host has for one account, and what all of its accounts share.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::deployer::{Deployer, InitCause, InitOutcome, InitReport};
#[cfg(feature = "server")]
use crate::domain::quotas::Quotas;
use crate::domain::{Account, Ending};
use crate::events::{Destinations, EventLog, Events, EventsConfig, EventsParts, SystemClock};
use crate::invoker::platform_log::{Initialization, render_initialization};
use crate::invoker::{Gate, Invoker, Provisioner};
use crate::logs::{Entry, LogKeeper};
use crate::sandbox::Sandboxes;
#[cfg(feature = "storage")]
use crate::storage::DataDir;
use crate::storage::StorageError;

/// What a host has for one account: none of it reaches what another one has.
pub(super) struct InAccount {
    pub(super) account: Account,
    pub(super) guests: Arc<Sandboxes>,
    pub(super) invoker: Arc<Invoker<Sandboxes>>,
    pub(super) deployer: Arc<Deployer<Sandboxes>>,
    pub(super) logs: Arc<LogKeeper>,
    pub(super) provisioner: Arc<Provisioner<Sandboxes>>,
    pub(super) events: Events<Sandboxes>,
}

/// What all accounts of a host share.
pub(super) struct Shared {
    pub(super) events: Arc<dyn EventLog>,
    /// Of the host's own account; of others, no message leaves the host.
    pub(super) events_config: EventsConfig,
    pub(super) concurrency_max: u32,
    #[cfg(feature = "storage")]
    pub(super) data_dir: Option<DataDir>,
}

impl InAccount {
    /// Starts what is for one account, with a deployer and sandboxes of its own.
    pub(super) fn start(
        account: Account,
        shared: &Shared,
        deployer: Deployer<Sandboxes>,
        guests: Arc<Sandboxes>,
        logs: Arc<LogKeeper>,
        config: EventsConfig,
    ) -> Self {
        let deployer = Arc::new(deployer);
        let catalog = Arc::clone(deployer.catalog());
        let initialized = Arc::clone(&logs);
        deployer.observe_initializations(move |report| initialized.keep(log_entry(&report)));
        let gate = Gate::new(shared.concurrency_max);
        guests.count_initializations_at(gate.clone());
        let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
        let invoker = Arc::new(Invoker::new(
            account.clone(),
            Arc::clone(&catalog),
            Arc::clone(&guests),
            gate,
            Arc::clone(&logs),
        ));
        let events = Events::start(EventsParts {
            account: account.clone(),
            catalog,
            invoker: Arc::clone(&invoker),
            log: Arc::clone(&shared.events),
            concurrency_max: shared.concurrency_max,
            config,
            clock: Arc::new(SystemClock::default()),
            quotas: deployer.quotas().clone(),
        });
        Self {
            account,
            guests,
            invoker,
            deployer,
            logs,
            provisioner,
            events,
        }
    }

    /// Starts the same for another account.
    ///
    /// # Errors
    /// With a text for the log: where its logs cannot be opened, or what its functions may use is not there.
    #[cfg(feature = "server")]
    pub(super) fn beside(&self, account: Account, shared: &Shared) -> Result<Self, String> {
        let logs = shared
            .logs_of(&account)
            .map_err(|error| error.to_string())?;
        let guests = self.guests.for_account(account.clone());
        let guests = Arc::new(guests.map_err(|error| error.to_string())?);
        let catalog = self.deployer.catalog().of_account(&account.owner());
        let deployer =
            self.deployer
                .for_account(account.clone(), Arc::new(catalog), Arc::clone(&guests));
        let config = EventsConfig {
            destinations: Destinations::default(),
            ..shared.events_config.clone()
        };
        let started = Self::start(account, shared, deployer, guests, Arc::new(logs), config);
        started.deployer.resume();
        Ok(started)
    }

    /// Takes over what the account may have from now on.
    #[cfg(feature = "server")]
    pub(super) fn bound_by(&self, quotas: Quotas, shared: &Shared) {
        self.deployer.quotas().set(quotas);
        let concurrency = quotas.concurrency.min(shared.concurrency_max);
        self.invoker.gate().set_limit(concurrency);
    }

    /// Begins nothing more.
    pub(super) fn stop(&self) {
        self.events.stop();
    }

    /// Returns when what runs has ended and its logs are written.
    pub(super) async fn drained(&self) {
        self.invoker.drain().await;
        self.events.drained().await;
        let logs = Arc::clone(&self.logs);
        // The last lines are written before the process may end.
        if let Err(error) = tokio::task::spawn_blocking(move || logs.flush()).await {
            tracing::error!(%error, "the last logs could not be written");
        }
    }

    /// Its functions.
    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        self.deployer.catalog()
    }
}

#[cfg(feature = "server")]
impl Shared {
    fn logs_of(&self, account: &Account) -> Result<LogKeeper, StorageError> {
        #[cfg(feature = "storage")]
        if let Some(data_dir) = &self.data_dir {
            return LogKeeper::of_account_in_dir(data_dir, &account.owner());
        }
        #[cfg(not(feature = "storage"))]
        let _ = account;
        LogKeeper::of_account_in_memory()
    }
}

/// The initialization of a version, as its log tells it.
fn log_entry(report: &InitReport) -> Entry {
    let InitReport {
        version,
        started,
        initialized,
    } = report;
    let (status, remark) = match &initialized.outcome {
        InitOutcome::Taken(_) => (Ending::Success, None),
        InitOutcome::Impossible(reason) => (Ending::Success, Some(reason.as_str())),
        InitOutcome::Failed(failure) => match failure.cause {
            InitCause::TimedOut => (Ending::Timeout, Some(failure.reason.as_str())),
            InitCause::OutOfMemory | InitCause::Failed => {
                (Ending::Error, Some(failure.reason.as_str()))
            }
        },
    };
    let rendered = render_initialization(&Initialization {
        version,
        started: *started,
        duration: initialized.duration,
        log: &initialized.log,
        status,
        remark,
    });
    Entry {
        version: Arc::clone(version),
        started: *started,
        ended: rendered.ended,
        text: rendered.text,
        head_bytes: rendered.head_bytes,
    }
}
