//! Two hosts that lease from one log, which misbehaves.

use std::collections::{HashMap, HashSet};

use super::super::log::faulty::{Faults, FaultyEventLog, LeaseTime};
use super::*;

/// Who runs what, as the guests of all hosts see it.
#[derive(Default)]
struct Watch {
    /// By request id, the hosts that run it now.
    running: Mutex<HashMap<Uuid, Vec<usize>>>,
    ran: Mutex<HashSet<Uuid>>,
    hosts: Mutex<HashSet<usize>>,
    /// Runs that began while another host ran the same.
    overlaps: Mutex<usize>,
}

impl Watch {
    fn begin(&self, host: usize, id: Uuid) {
        let mut running = self.running.lock().expect("the map");
        let hosts = running.entry(id).or_default();
        if hosts.iter().any(|other| *other != host) {
            *self.overlaps.lock().expect("the count") += 1;
        }
        hosts.push(host);
        self.ran.lock().expect("the set").insert(id);
        self.hosts.lock().expect("the set").insert(host);
    }

    fn end(&self, host: usize, id: Uuid) {
        let mut running = self.running.lock().expect("the map");
        if let Some(hosts) = running.get_mut(&id)
            && let Some(index) = hosts.iter().position(|running| *running == host)
        {
            hosts.swap_remove(index);
        }
    }
}

/// A guest that lets others get on while it runs, and fails where the event is `"fail"`.
struct Watched {
    host: usize,
    watch: Arc<Watch>,
}

impl RunGuest for Watched {
    async fn run(
        &self,
        _version: Arc<Version>,
        invocation: Arc<Invocation>,
        _how: How,
        _admission: Admission,
    ) -> Result<Report, HostFailure> {
        let id = invocation.request_id.0;
        self.watch.begin(self.host, id);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.watch.end(self.host, id);
        Ok(report(
            &invocation.payload.event().expect("an event")[..] == b"\"fail\"",
        ))
    }

    fn memory(&self) -> GuestMemory {
        GuestMemory {
            held_bytes: 1,
            limit_bytes: 2,
            left_bytes: 0,
        }
    }
}

/// What two hosts made of a hundred events.
async fn run(
    open: impl FnOnce(LogClock) -> Arc<dyn EventLog>,
    faults: Faults,
    seed: u64,
) -> Arc<Watch> {
    let time = LeaseTime::default();
    let inner = open(time.clock());
    let log = Arc::new(FaultyEventLog::new(inner, faults, time, seed));
    let watch = Arc::new(Watch::default());
    let clock = Arc::new(Leaping(Mutex::new(START_MS)));
    let hosts = [0, 1].map(|host| {
        let watch = Arc::clone(&watch);
        let catalog = catalog_of(&["f", "g"]);
        let log = Arc::clone(&log) as Arc<dyn EventLog>;
        let guest = Arc::new(Watched { host, watch });
        start(log, guest, &catalog, &clock, Destinations::default()).0
    });
    let mut accepted = HashSet::new();
    for number in 0..100_u128 {
        let function = ["f", "g"][usize::from(number % 3 == 0)];
        let payload = ["\"fail\"", "1"][usize::from(number % 5 > 0)];
        let mut new = new_event(function, payload);
        let id = Uuid::from_u128(number + 1);
        new.request_id = RequestId(id);
        if hosts[usize::from(number % 2 == 0)]
            .accept(new)
            .await
            .is_ok()
        {
            accepted.insert(id);
        }
    }
    let account: Arc<str> = Account::default().id.into();
    loop {
        let counts = log.counts(Arc::clone(&account), None, clock.now_ms());
        let counts = counts.await.expect("read");
        let over = Counts {
            dead: counts.dead,
            ..Counts::default()
        };
        if counts == over {
            break;
        }
        tokio::task::yield_now().await;
    }
    let ran = watch.ran.lock().expect("the set").clone();
    assert!(accepted.is_subset(&ran), "an accepted event did not run");
    let mut numbers = log.numbers();
    let given = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), given, "a number was given twice");
    if faults.lapses > 0 {
        assert!(log.lapses() > 0);
    }
    watch
}

fn in_memory(clock: LogClock) -> Arc<dyn EventLog> {
    Arc::new(MemoryEventLog::new(LogBounds::IN_MEMORY, clock))
}

fn on_disk(folder: &std::path::Path) -> impl FnOnce(LogClock) -> Arc<dyn EventLog> {
    let data_dir = DataDir::open(folder).expect("a data directory");
    move |clock| {
        let account = Account::default();
        let log = SqliteEventLog::with(&data_dir, &account, LogBounds::ON_DISK, clock);
        Arc::new(log.expect("a log"))
    }
}

const HONEST: Faults = Faults {
    refusals: 5,
    lapses: 0,
    repeats: 20,
    delays: 30,
};

#[tokio::test]
async fn two_hosts_share_the_events_and_none_runs_at_both() {
    let folder = tempfile::tempdir().expect("a folder");
    for seed in 0..5 {
        let watch = run(in_memory, HONEST, seed).await;
        assert_eq!(*watch.overlaps.lock().expect("the count"), 0);
        assert_eq!(watch.hosts.lock().expect("the set").len(), 2);
    }
    let watch = run(on_disk(folder.path()), HONEST, 9).await;
    assert_eq!(*watch.overlaps.lock().expect("the count"), 0);
    assert_eq!(watch.hosts.lock().expect("the set").len(), 2);
}

#[tokio::test]
async fn every_accepted_event_ends_also_where_leases_lapse() {
    let folder = tempfile::tempdir().expect("a folder");
    let faults = Faults {
        lapses: 10,
        ..HONEST
    };
    for seed in 0..5 {
        run(in_memory, faults, seed).await;
    }
    run(on_disk(folder.path()), faults, 9).await;
}
