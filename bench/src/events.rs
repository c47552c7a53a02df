//! Asynchronous events that are on disk before they are answered, beside what one sync of the disk
//! costs: how well the group commit shares it out.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use sparkler::app::{Host, Storage};
use sparkler::domain::{FunctionName, RequestId};
use sparkler::events::{Counts, NewEvent, Selection};
use tokio::net::TcpListener;

use crate::function::{EVENT, host_with_echo_in};
use crate::http::requests_per_second;
use crate::median;

/// Syncs of which the median is taken.
const SYNCS: usize = 200;

/// What is measured, and how long.
pub(crate) struct Load {
    pub(crate) folder: PathBuf,
    pub(crate) connections: Vec<u32>,
    pub(crate) each: Duration,
    pub(crate) rounds: usize,
}

pub(crate) async fn run(load: Load) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(&load.folder)
        .with_context(|| format!("{} cannot be written", load.folder.display()))?;
    let sync = cost_of_a_sync(folder.path(), Place::Behind)?;
    let in_place = cost_of_a_sync(folder.path(), Place::Again)?;
    let data_dir = Storage::DataDir(folder.path().join("data"));
    let (host, name) = host_with_echo_in(data_dir).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!(
        "http://{}/2015-03-31/functions/{name}/invocations",
        listener.local_addr()?
    );
    let server = host.clone();
    tokio::spawn(async move { server.serve(listener, std::future::pending()).await });
    show_sync(sync, in_place);
    for connections in load.connections {
        let (mut over_http, mut in_process) = (Vec::new(), Vec::new());
        for _ in 0..load.rounds {
            over_http.push(http_round(&url, connections, load.each).await?);
            drained(&host).await?;
            in_process.push(accepted_per_second(&host, &name, connections, load.each).await?);
            drained(&host).await?;
        }
        show(connections, median(over_http), median(in_process), sync);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
fn show_sync(appended: Duration, in_place: Duration) {
    let alone = 1.0 / appended.as_secs_f64();
    println!("one sync of 4 KiB that are appended: {appended:.1?}, or {alone:.0} per second");
    let alone = 1.0 / in_place.as_secs_f64();
    println!("one sync of 4 KiB that are written again: {in_place:.1?}, or {alone:.0} per second");
}

#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
fn show(connections: u32, over_http: f64, in_process: f64, sync: Duration) {
    let shared = |per_second: f64| per_second * sync.as_secs_f64();
    println!("{connections} callers, durable events per second while they run (medians):");
    for (what, per_second) in [("over HTTP", over_http), ("in process", in_process)] {
        println!(
            "  {what:<11} {per_second:>9.0}   {:.0} for the time of each sync",
            shared(per_second)
        );
    }
}

/// Where a page is written.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// At the end of the file, which grows: the file system has to write that down, too.
    Behind,
    /// Where one was before, as in a log that is used again.
    Again,
}

/// The median time of writing a page and waiting until it is on disk.
fn cost_of_a_sync(folder: &Path, place: Place) -> anyhow::Result<Duration> {
    let mut file = File::create(folder.join("sync"))?;
    let mut seconds = Vec::new();
    for _ in 0..SYNCS {
        if place == Place::Again {
            file.rewind()?;
        }
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    Ok(Duration::from_secs_f64(median(seconds)))
}

async fn http_round(url: &str, connections: u32, each: Duration) -> anyhow::Result<f64> {
    let mut script = tempfile::NamedTempFile::new()?;
    let event = str::from_utf8(EVENT)?;
    writeln!(
        script,
        "wrk.method = 'POST'\nwrk.body = [[{event}]]\n\
         wrk.headers['X-Amz-Invocation-Type'] = 'Event'"
    )?;
    requests_per_second(url, script.path(), connections, each).await
}

/// With so many tasks, each of which waits until its event is on disk.
async fn accepted_per_second(
    host: &Host,
    name: &FunctionName,
    tasks: u32,
    each: Duration,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let (host, name) = (host.clone(), name.clone());
            tokio::spawn(async move {
                let mut accepted = 0_u32;
                while started.elapsed() < each {
                    let event = NewEvent {
                        tenant_id: None,
                        function: name.clone(),
                        qualifier: None,
                        request_id: RequestId::random(),
                        trace_id: None,
                        payload: Bytes::from_static(EVENT),
                    };
                    host.events().accept(event).await?;
                    accepted += 1;
                }
                anyhow::Ok(accepted)
            })
        })
        .collect();
    let mut total = 0.0;
    for task in running {
        total += f64::from(task.await??);
    }
    Ok(total / started.elapsed().as_secs_f64())
}

/// Waits until every event has run, so that measurements do not disturb each other.
async fn drained(host: &Host) -> anyhow::Result<()> {
    loop {
        let counts = host.events().list(&Selection::default()).await?.counts;
        if counts == Counts::default() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
