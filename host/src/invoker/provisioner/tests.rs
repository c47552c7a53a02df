use std::sync::Mutex;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::*;
use crate::domain::provisioning::Status;
use crate::domain::{FunctionError, Version, samples};
use crate::invoker::HostFailure;

/// Prepares what it is told to, once it has a permit, and says so; counts of 13 and more fail.
struct Script {
    permits: Semaphore,
    prepared: Mutex<Vec<(VersionId, u32)>>,
    has_room: std::sync::atomic::AtomicBool,
}

impl Script {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Semaphore::new(permits),
            prepared: Mutex::default(),
            has_room: true.into(),
        })
    }

    fn prepared(&self) -> Vec<(VersionId, u32)> {
        self.prepared.lock().expect("a lock").clone()
    }
}

impl PrepareGuest for Script {
    async fn prepare(&self, version: &Arc<Version>, count: u32) -> Result<(), PrepareFailure> {
        self.permits.acquire().await.expect("open").forget();
        self.prepared
            .lock()
            .expect("a lock")
            .push((version.id, count));
        assert!(count != 99, "as the script says");
        if count == 13 {
            let timeout = version.settings.timeout();
            return Err(PrepareFailure::Guest(FunctionError::TimedOut { timeout }));
        }
        match self.has_room.load(std::sync::atomic::Ordering::SeqCst) {
            true => Ok(()),
            false => Err(HostFailure::NoCapacity.into()),
        }
    }

    fn waiting(&self, _: &Version) -> u32 {
        3
    }
}

const PLENTY: usize = 100;

fn catalog() -> Catalog {
    Catalog::in_memory()
}

fn put(catalog: &Catalog, record: &FunctionRecord) {
    catalog.put_now(record);
}

fn remove(catalog: &Catalog) {
    catalog.remove_now(&name());
}

fn name() -> FunctionName {
    FunctionName::parse("greet").expect("a name")
}

fn record(place: &str, requested: u32) -> FunctionRecord {
    samples::provisioned(&samples::published("greet"), place, requested)
}

fn progress(provisioner: &Provisioner<Script>, place: &str) -> (u32, Status) {
    let Progress { allocated, status } = provisioner.progress(&name(), &Qualifier::parse(place));
    (allocated, status)
}

/// Waits until no task works on the function.
async fn settled(provisioner: &Provisioner<Script>) {
    while provisioner
        .functions
        .lock()
        .values()
        .any(|function| function.is_busy)
    {
        sleep(PROVISIONING_SHOWN_MIN / 10).await;
    }
}

fn number(number: u64) -> VersionId {
    VersionId::Number(number)
}

#[tokio::test(start_paused = true)]
async fn a_config_is_in_progress_for_a_while_then_ready_then_gone() {
    let (catalog, guests) = (catalog(), Script::new(PLENTY));
    let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
    let begun = Instant::now();
    put(&catalog, &record("1", 5));
    assert_eq!(progress(&provisioner, "1"), (0, Status::InProgress));
    settled(&provisioner).await;
    assert!(begun.elapsed() >= PROVISIONING_SHOWN_MIN);
    assert_eq!(progress(&provisioner, "1"), (5, Status::Ready));
    assert_eq!(provisioner.waiting(&name()), [(number(1), 3)]);
    remove(&catalog);
    settled(&provisioner).await;
    assert_eq!(guests.prepared(), [(number(1), 5), (number(1), 0)]);
    assert!(provisioner.functions.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_alias_takes_its_sandboxes_along() {
    let (catalog, guests) = (catalog(), Script::new(PLENTY));
    let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
    put(&catalog, &record("live", 1));
    settled(&provisioner).await;
    put(&catalog, &samples::pointed(&record("live", 1), "live", 2));
    assert_eq!(progress(&provisioner, "live"), (1, Status::InProgress));
    settled(&provisioner).await;
    assert_eq!(progress(&provisioner, "live"), (1, Status::Ready));
    assert_eq!(
        guests.prepared(),
        [(number(1), 1), (number(2), 1), (number(1), 0)]
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_provisioned_before_a_restart_is_prepared_anew() {
    let (catalog, guests) = (catalog(), Script::new(0));
    put(&catalog, &record("1", 5));
    let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
    assert_eq!(progress(&provisioner, "1"), (0, Status::InProgress));
    guests.permits.add_permits(1);
    settled(&provisioner).await;
    assert_eq!(progress(&provisioner, "1"), (5, Status::Ready));
}

#[tokio::test(start_paused = true)]
async fn what_changes_meanwhile_comes_next() {
    let (catalog, guests) = (catalog(), Script::new(0));
    let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
    put(&catalog, &record("1", 5));
    sleep(PROVISIONING_SHOWN_MIN * 2).await;
    put(&catalog, &record("1", 7));
    guests.permits.add_permits(PLENTY);
    settled(&provisioner).await;
    assert_eq!(progress(&provisioner, "1"), (7, Status::Ready));
    assert_eq!(guests.prepared(), [(number(1), 5), (number(1), 7)]);
}

#[tokio::test(start_paused = true)]
async fn a_function_that_cannot_be_set_up_fails_for_good() {
    let (catalog, guests) = (catalog(), Script::new(PLENTY));
    let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
    put(&catalog, &record("1", 13));
    settled(&provisioner).await;
    let failed = Status::Failed {
        reason: "FUNCTION_ERROR_INIT_FAILURE".into(),
        is_transient: false,
    };
    assert_eq!(progress(&provisioner, "1"), (0, failed));
    sleep(PROVISIONING_RETRY_PAUSE * 2).await;
    assert_eq!(guests.prepared(), [(number(1), 13)]);
}

#[tokio::test(start_paused = true)]
async fn a_host_without_room_tries_again() {
    let (catalog, guests) = (catalog(), Script::new(PLENTY));
    guests
        .has_room
        .store(false, std::sync::atomic::Ordering::SeqCst);
    let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
    put(&catalog, &record("1", 5));
    settled(&provisioner).await;
    let (_, status) = progress(&provisioner, "1");
    let Status::Failed { reason, .. } = status else {
        panic!("{status:?}");
    };
    assert!(reason.contains("every sandbox is taken"), "{reason}");
    guests
        .has_room
        .store(true, std::sync::atomic::Ordering::SeqCst);
    sleep(PROVISIONING_RETRY_PAUSE + PROVISIONING_SHOWN_MIN * 2).await;
    assert_eq!(progress(&provisioner, "1"), (5, Status::Ready));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_that_can_be_seen() {
    let (catalog, guests) = (catalog(), Script::new(PLENTY));
    let provisioner = Provisioner::start(&catalog, guests);
    put(&catalog, &record("1", 99));
    settled(&provisioner).await;
    let (allocated, status) = progress(&provisioner, "1");
    assert_eq!(allocated, 0);
    assert!(matches!(status, Status::Failed { .. }), "{status:?}");
}
