//! The small echo: everything that echoes, under the same load, in turn, several times.

use std::time::Duration;

use crate::finding::{Finding, Target, Unit};
use crate::load::{Load, Measured};
use crate::peers::{Peer, Running};
use crate::progress;
use crate::samples::median;
use crate::setup::Setup;

/// Connections that are always busy.
pub(crate) const CONNECTIONS: u32 = 16;

/// What is sent.
pub(crate) const EVENT: &[u8] = br#"{"name":"World"}"#;

/// Load before each round that is not counted: what was paused has to find its pace again.
const WARM_UP: Duration = Duration::from_secs(1);

/// The same for emulators before their first round: they start a process for each call at once.
const EMULATOR_WARM_UP: Duration = Duration::from_secs(4);

/// How one of those that were measured did.
pub(crate) struct Entry {
    pub(crate) peer: Peer,
    /// What it is and how it is started; `None` where it did not start.
    pub(crate) running: Option<Described>,
    /// Medians, or why there are none.
    pub(crate) outcome: Result<Figures, String>,
}

/// What is known of one that ran.
pub(crate) struct Described {
    pub(crate) version: String,
    pub(crate) url: String,
    pub(crate) by_hand: String,
}

/// Medians of the rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) connections: u32,
    pub(crate) requests_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// One that is under load.
struct Contestant {
    peer: Peer,
    running: Running,
    connections: u32,
    rounds: Vec<Measured>,
    failure: Option<String>,
}

/// Measures all that there are.
pub(crate) async fn run(setup: &Setup) -> Vec<Entry> {
    let mut started = Vec::new();
    for peer in Peer::ALL {
        progress::say(format!("starting {}", plain(peer.name())));
        started.push((peer, begin(setup, peer).await));
    }
    for round in 1..=setup.rounds {
        for (_, contestant) in &mut started {
            if let Ok(contestant) = contestant {
                contestant.measure(setup, round).await;
            }
        }
    }
    started
        .into_iter()
        .map(|(peer, contestant)| entry(peer, contestant))
        .collect()
}

/// Starts it and warms it up. What fails under so many connections is tried with one.
async fn begin(setup: &Setup, peer: Peer) -> anyhow::Result<Contestant> {
    let running = peer.start(setup).await?;
    let mut connections = CONNECTIONS;
    let warm_up = if peer.is_emulator() {
        EMULATOR_WARM_UP
    } else {
        WARM_UP
    };
    if let Err(error) = load(&running, connections, warm_up).run().await {
        progress::say(format!(
            "{}, with {connections} connections: {error:#}",
            peer.name()
        ));
        connections = 1;
        load(&running, connections, warm_up).run().await?;
    }
    // From here on only the one that is measured runs: emulators are busy long after their last answer.
    running.pause();
    Ok(Contestant {
        peer,
        running,
        connections,
        rounds: Vec::new(),
        failure: None,
    })
}

fn load(running: &Running, connections: u32, duration: Duration) -> Load {
    Load {
        url: running.endpoint.url.clone(),
        body: EVENT.to_vec(),
        headers: running.endpoint.headers.clone(),
        connections,
        duration,
    }
}

impl Contestant {
    async fn measure(&mut self, setup: &Setup, round: usize) {
        if self.failure.is_some() {
            return;
        }
        let duration = Duration::from_secs(setup.seconds);
        let name = plain(self.peer.name());
        self.running.resume();
        let measured = self.warm_and_measured(duration).await;
        self.running.pause();
        match measured {
            Ok(measured) => {
                let per_second = measured.requests_per_second;
                progress::say(format!("round {round}: {per_second:>8.0}/s  {name}"));
                self.rounds.push(measured);
            }
            Err(error) => {
                progress::say(format!("round {round}: {name} failed: {error:#}"));
                self.failure = Some(format!("{error:#}"));
            }
        }
    }

    async fn warm_and_measured(&self, duration: Duration) -> anyhow::Result<Measured> {
        let load = |duration| load(&self.running, self.connections, duration);
        // What fails here fails below, where it counts.
        let _ = load(WARM_UP).run().await;
        load(duration).run().await
    }

    fn figures(&self) -> Result<Figures, String> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let of = |figure: fn(&Measured) -> f64| median(self.rounds.iter().map(figure).collect());
        let seconds = |figure| Duration::try_from_secs_f64(of(figure));
        Ok(Figures {
            connections: self.connections,
            requests_per_second: of(|round| round.requests_per_second),
            p50: seconds(|round| round.p50.as_secs_f64()).map_err(|error| error.to_string())?,
            p99: seconds(|round| round.p99.as_secs_f64()).map_err(|error| error.to_string())?,
        })
    }
}

fn entry(peer: Peer, contestant: anyhow::Result<Contestant>) -> Entry {
    match contestant {
        Ok(contestant) => Entry {
            peer,
            outcome: contestant.figures(),
            running: Some(Described {
                version: contestant.running.version,
                url: contestant.running.endpoint.url,
                by_hand: contestant.running.by_hand,
            }),
        },
        Err(error) => Entry {
            peer,
            running: None,
            outcome: Err(format!("{error:#}")),
        },
    }
}

/// The name without marks of Markdown.
fn plain(name: &str) -> String {
    name.replace(['*', '`'], "")
}

/// What the figures mean.
pub(crate) fn findings(entries: &[Entry]) -> Vec<Finding> {
    use Peer::{Floor, HttpGuest, Invoke, WasmtimeDefaults, WasmtimeTuned, Workerd};
    let at_least = |least| Some(Target::AtLeast(least));
    let mut findings = vec![
        ratio(
            entries,
            "Invoke of the Rust echo, against the bare axum echo",
            (Invoke, Floor),
            at_least(0.65),
        ),
        ratio(
            entries,
            "`wasi:http` echo, against `wasmtime serve` with defaults",
            (HttpGuest, WasmtimeDefaults),
            at_least(4.0),
        ),
        ratio(
            entries,
            "`wasi:http` echo, against `wasmtime serve`, tuned",
            (HttpGuest, WasmtimeTuned),
            at_least(2.5),
        ),
        ratio(
            entries,
            "Invoke of the Rust echo, against workerd's JavaScript echo",
            (Invoke, Workerd),
            at_least(3.0),
        ),
        slowest_percent(entries),
        slowest_percent_beside_peers(entries),
    ];
    for peer in Peer::ALL.into_iter().filter(|peer| peer.is_emulator()) {
        let what = format!("Invoke, against {}", peer.name());
        findings.push(ratio(entries, &what, (Invoke, peer), None));
    }
    findings
}

fn figures(entries: &[Entry], peer: Peer) -> Result<Figures, String> {
    let entry = entries.iter().find(|entry| entry.peer == peer);
    match entry.map(|entry| &entry.outcome) {
        Some(Ok(figures)) => Ok(*figures),
        Some(Err(why)) => Err(format!("{}: {}", peer.name(), first_line(why))),
        None => Err(format!("{} was not measured", peer.name())),
    }
}

/// The first line of an error, which is what fits into a table.
pub(crate) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

fn ratio(
    entries: &[Entry],
    what: &str,
    (ours, theirs): (Peer, Peer),
    target: Option<Target>,
) -> Finding {
    let both = figures(entries, ours).and_then(|ours| Ok((ours, figures(entries, theirs)?)));
    let finding = match both {
        Ok((ours, theirs)) => {
            let (ours, theirs) = (ours.requests_per_second, theirs.requests_per_second);
            let note = format!("{ours:.0}/s and {theirs:.0}/s");
            Finding::new(what, ours / theirs, Unit::Ratio).with_note(note)
        }
        Err(why) => Finding::missing(what, Unit::Ratio, why),
    };
    Finding { target, ..finding }
}

fn slowest_percent(entries: &[Entry]) -> Finding {
    let what = "p99 of Invoke at 16 connections";
    let finding = match figures(entries, Peer::Invoke) {
        Ok(ours) => Finding::new(what, milliseconds(ours.p99), Unit::Milliseconds),
        Err(why) => Finding::missing(what, Unit::Milliseconds, why),
    };
    finding.with_target(Target::AtMost(1.2))
}

fn slowest_percent_beside_peers(entries: &[Entry]) -> Finding {
    let what = "p99 of Invoke, against the lowest of any peer";
    let peers = entries.iter().filter(|entry| entry.peer.is_optional());
    let lowest = peers
        .filter_map(|entry| Some((entry.peer, entry.outcome.as_ref().ok()?)))
        .filter(|(_, figures)| figures.connections == CONNECTIONS)
        .min_by_key(|(_, figures)| figures.p99);
    let finding = match (figures(entries, Peer::Invoke), lowest) {
        (Ok(ours), Some((peer, theirs))) => {
            let ratio = ours.p99.as_secs_f64() / theirs.p99.as_secs_f64();
            let (ours, theirs) = (milliseconds(ours.p99), milliseconds(theirs.p99));
            let note = format!("{ours:.2} ms and {theirs:.2} ms ({})", peer.name());
            Finding::new(what, ratio, Unit::Ratio).with_note(note)
        }
        (Err(why), _) => Finding::missing(what, Unit::Ratio, why),
        (_, None) => Finding::missing(what, Unit::Ratio, "no peer was measured"),
    };
    finding.with_target(Target::AtMost(1.0))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(peer: Peer, requests_per_second: f64, p99_us: u64) -> Entry {
        Entry {
            peer,
            running: None,
            outcome: Ok(Figures {
                connections: CONNECTIONS,
                requests_per_second,
                p50: Duration::from_micros(p99_us / 2),
                p99: Duration::from_micros(p99_us),
            }),
        }
    }

    fn named<'a>(findings: &'a [Finding], start: &str) -> &'a Finding {
        let mut found = findings
            .iter()
            .filter(|finding| finding.what.starts_with(start));
        found.next().expect("a finding")
    }

    #[test]
    fn ratios_and_the_slowest_percent_are_made_of_medians() {
        let entries = [
            entry(Peer::Floor, 80_000.0, 100),
            entry(Peer::Invoke, 60_000.0, 900),
            entry(Peer::Workerd, 15_000.0, 2_000),
            entry(Peer::Ministack, 100.0, 90_000),
        ];
        let findings = findings(&entries);
        let floor = named(&findings, "Invoke of the Rust echo, against the bare");
        assert_eq!((floor.value, floor.is_met()), (0.75, Some(true)));
        let workerd = named(&findings, "Invoke of the Rust echo, against workerd");
        assert_eq!((workerd.value, workerd.is_met()), (4.0, Some(true)));
        let slowest = named(&findings, "p99 of Invoke at");
        assert_eq!(slowest.unit.show(slowest.value), "0.90 ms");
        // The floor is no peer.
        let beside = named(&findings, "p99 of Invoke, against");
        assert_eq!(
            (beside.unit.show(beside.value), beside.is_met()),
            ("0.45".into(), Some(true))
        );
        let wasmtime = named(&findings, "`wasi:http` echo, against `wasmtime serve` with");
        assert!(!wasmtime.is_measured() && wasmtime.note.contains("was not measured"));
    }

    #[test]
    fn one_that_was_loaded_by_fewer_connections_has_no_say_in_the_slowest_percent() {
        let mut gentle = entry(Peer::Ministack, 100.0, 10);
        if let Ok(figures) = &mut gentle.outcome {
            figures.connections = 1;
        }
        let findings = findings(&[entry(Peer::Invoke, 60_000.0, 900), gentle]);
        let beside = named(&findings, "p99 of Invoke, against");
        assert!(!beside.is_measured(), "{beside}");
    }
}
