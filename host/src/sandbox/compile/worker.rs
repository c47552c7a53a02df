//! The process that compiles: it reads wasm from its input, writes what it found and what it compiled
//! to its output, and can do nothing else. Whatever a hostile component makes the compiler do, it
//! does it here, within limits.
//!
//! The conversation begins with a frame that says what is to be done, the length of the wasm in eight
//! bytes, and the wasm. A component
//! that is to be compiled is answered with a frame that says whether it is accepted, then, when one more
//! byte has come, with a frame that says how long the artifact is, and the artifact; one that is to be initialized, with a frame that
//! says what came of it, then the image where there is one. Before each answer, any number of frames say how much
//! processor time was used so far. A frame is a length of four bytes, big-endian, and that much JSON.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::derivation::{Derivation, Imported, Interpreter};
use super::interpreted;
use super::isolation::CompileLimits;
use super::snapshot::{self, InitOrder};
use super::steps::{accepted, compile};
use crate::deployer::{InitFailure, InitOutcome, Initialized, Rejection};
use crate::domain::{Digest, Lock};
use crate::limits;
use crate::sandbox::engine::engines::AddressSpace;
use crate::sandbox::reach::embedder::interfaces::Interfaces;

/// Largest frame: a rejection may name many imports.
pub(in crate::sandbox) const FRAME_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// What has an accepted component be compiled.
pub(in crate::sandbox) const GO_ON: u8 = b'\n';

/// The exit status of a process that could not enter its jail.
pub(in crate::sandbox) const NOT_CONFINED: u8 = 71;

/// What is to be done with the wasm behind it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::sandbox) enum Order {
    /// Check it, and compile it for such an address space.
    Compile(AddressSpace),
    /// Initialize it for a snapshot.
    Initialize(Box<InitOrder>),
    /// Compile what is made of the interpreter that it is, for such an address space.
    Derive(Derivation, AddressSpace),
    /// Have an interpreter import a function: its code, its base state and the function's package are there.
    Import(Box<ImportOrder>),
}

/// The import of a function.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct ImportOrder {
    pub(in crate::sandbox) order: InitOrder,
    pub(in crate::sandbox) space: AddressSpace,
    pub(in crate::sandbox) interpreter: Digest,
    pub(in crate::sandbox) code_bytes: usize,
    pub(in crate::sandbox) base_bytes: usize,
}

impl ImportOrder {
    fn run(&self, mut all: Bytes) -> Result<Imported, Rejection> {
        let mut next = |bytes: usize| all.split_to(bytes.min(all.len()));
        let interpreter = Interpreter {
            digest: self.interpreter,
            code: next(self.code_bytes),
            base: next(self.base_bytes),
        };
        allow_images().map_err(|error| {
            Rejection::of_host(format!("The limits of the process cannot be set: {error}."))
        })?;
        let own = Interfaces::default();
        interpreted::initialize(&interpreter, all, &self.order, &own, self.space)
    }
}

/// What came of an initialization.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::sandbox) enum InitAnswer {
    /// It ended.
    Ended {
        outcome: Ending,
        log: String,
        duration: Duration,
    },
    /// It could not be begun.
    Rejected(Rejection),
}

/// How an initialization ended.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::sandbox) enum Ending {
    /// That many bytes of a component follow, or of a packed state, and then what was compiled of that.
    Taken { bytes: u64, artifact_bytes: u64 },
    /// There can be no snapshot.
    Impossible(String),
    /// The function failed.
    Failed(InitFailure),
}

/// A frame of the process that compiles.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::sandbox) enum Said<T> {
    /// It has used so much processor time, over all its threads.
    Used(Duration),
    /// What was waited for.
    Answer(T),
}

/// The first frame of an answer to [`Order::Compile`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::sandbox) enum Checked {
    /// It can be invoked here.
    Accepted,
    /// It cannot.
    Rejected(Rejection),
}

/// The second frame.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::sandbox) enum Compiled {
    /// That many bytes follow.
    Artifact { bytes: u64 },
    /// The compiler refused it.
    Rejected(Rejection),
}

/// Runs the worker: the program that embeds the host calls this where it is started as a child for
/// [`CompileIsolation::Child`](crate::sandbox::CompileIsolation::Child).
///
/// With the feature `jail`, this thread and those that it starts keep their memory and what is open, and can neither open a
/// file nor reach anybody.
pub fn compile_worker(limits: CompileLimits) -> ExitCode {
    if limit_self(limits).is_err() {
        return ExitCode::FAILURE;
    }
    #[cfg(feature = "jail")]
    if crate::jail::Jail::enter_closed().is_err() {
        return ExitCode::from(NOT_CONFINED);
    }
    work()
}

/// As [`compile_worker`], without a jail: for systems that have none, and refuse to say so.
#[cfg(feature = "jail")]
pub fn compile_worker_outside(limits: CompileLimits) -> ExitCode {
    match limit_self(limits) {
        Ok(()) => work(),
        Err(_) => ExitCode::FAILURE,
    }
}

fn work() -> ExitCode {
    match converse(&mut io::stdin().lock(), &Output::new(io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        // The other side sees the output end early and says so; there is no one else to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

/// How much nicer than the host: whoever calls a function goes first. Yet somebody waits for most deploys, so that what
/// else the machine does must not come before all of them: at 15 a busy core gives a thirtieth, at 5 a quarter.
const NICENESS: i32 = 5;

/// As [`NICENESS`], where it runs code of the function: it may do so for as long as it likes, and those who wait to have
/// something compiled go first.
const INITIALIZE_NICENESS: i32 = 10;

/// Processor time between the signal that says what was used up, and the one that nothing survives.
const CPU_SECONDS_GRACE: u64 = 5;

/// Takes away what compiling does not need, before a byte of input is read.
fn limit_self(limits: CompileLimits) -> io::Result<()> {
    let limit_up_to = |resource, current: u64, maximum: u64| {
        // Whoever started the host may have allowed less, and more cannot be had.
        let allowed = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let (current, maximum) = (current.min(allowed), maximum.min(allowed));
        setrlimit(
            resource,
            Rlimit {
                current: Some(current),
                maximum: Some(maximum),
            },
        )
    };
    let limit = |resource, most: u64| limit_up_to(resource, most, most);
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::setpriority_process(None, NICENESS)?;
    limit(Resource::As, limits.memory_bytes_max)?;
    let cpu_seconds = limits.cpu_seconds_max;
    limit_up_to(
        Resource::Cpu,
        cpu_seconds,
        cpu_seconds.saturating_add(CPU_SECONDS_GRACE),
    )?;
    // What an interpreter starts from is mapped from memory that the system takes for a file.
    limit_up_to(Resource::Fsize, 0, limits::SNAPSHOT_MEMORY_BYTES_MAX)?;
    limit(Resource::Core, 0)?;
    Ok(())
}

/// Lets images of memories be made, each as large as it may be. A process in its jail opens no file.
fn allow_images() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?;
    Ok(())
}

/// Where answers go, and what is told meanwhile: a frame at a time.
struct Output<W>(Lock<W>);

impl<W: Write + Send> Output<W> {
    fn new(writer: W) -> Self {
        Self(Lock::new(writer))
    }

    fn answer(&self, answer: &impl Serialize) -> io::Result<()> {
        self.say(&Said::Answer(answer))
    }

    fn say(&self, said: &Said<impl Serialize>) -> io::Result<()> {
        self.write(&framed(said)?)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.0.lock();
        writer.write_all(bytes)?;
        writer.flush()
    }

    /// Does `work`, and says meanwhile what that uses.
    fn telling<T>(&self, work: impl FnOnce() -> T) -> T {
        let (working, ended) = channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while let Err(RecvTimeoutError::Timeout) =
                    ended.recv_timeout(limits::COMPILE_TELL_INTERVAL)
                {
                    if self.say(&Said::<()>::Used(processor_time())).is_err() {
                        // Nobody listens any more, which the answer will find out.
                        break;
                    }
                }
            });
            // It is dropped when the work has ended, however it does.
            let _working = working;
            work()
        })
    }
}

/// What this process has used, over all its threads.
fn processor_time() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    used.try_into().unwrap_or_default()
}

fn converse<W: Write + Send>(input: &mut impl Read, output: &Output<W>) -> io::Result<()> {
    let order: Order = read_frame(input)?;
    let wasm = read_wasm(input)?;
    match order {
        Order::Compile(space) => compile_for(input, output, wasm, space),
        Order::Initialize(order) => run_for(output, || {
            let initialized = snapshot::initialize(wasm, &order, &Interfaces::default());
            initialized.map(Imported::from)
        }),
        Order::Derive(derivation, space) => derive_for(output, derivation, wasm, space),
        Order::Import(order) => run_for(output, || order.run(wasm.into())),
    }
}

/// Runs code of a function.
fn run_for<W: Write + Send>(
    output: &Output<W>,
    run: impl FnOnce() -> Result<Imported, Rejection>,
) -> io::Result<()> {
    rustix::process::setpriority_process(None, INITIALIZE_NICENESS)?;
    let Imported {
        initialized:
            Initialized {
                outcome,
                log,
                duration,
            },
        artifact,
    } = match output.telling(run) {
        Ok(imported) => imported,
        Err(rejection) => return output.answer(&InitAnswer::Rejected(rejection)),
    };
    let (outcome, image) = match outcome {
        InitOutcome::Taken(image) => (
            Ending::Taken {
                bytes: image.len() as u64,
                artifact_bytes: artifact.len() as u64,
            },
            Some(image),
        ),
        InitOutcome::Impossible(reason) => (Ending::Impossible(reason), None),
        InitOutcome::Failed(failure) => (Ending::Failed(failure), None),
    };
    let answer = InitAnswer::Ended {
        outcome,
        log,
        duration,
    };
    output.answer(&answer)?;
    output.write(&image.unwrap_or_default())?;
    output.write(&artifact)
}

fn derive_for<W: Write + Send>(
    output: &Output<W>,
    derivation: Derivation,
    wasm: Vec<u8>,
    space: AddressSpace,
) -> io::Result<()> {
    let own = Interfaces::default();
    let derived = output.telling(|| interpreted::derive(derivation, wasm, &own, space));
    answer_compiled(output, derived)
}

fn answer_compiled<W: Write + Send>(
    output: &Output<W>,
    compiled: Result<Vec<u8>, Rejection>,
) -> io::Result<()> {
    match compiled {
        Ok(artifact) => {
            output.answer(&Compiled::Artifact {
                bytes: artifact.len() as u64,
            })?;
            output.write(&artifact)
        }
        Err(rejection) => output.answer(&Compiled::Rejected(rejection)),
    }
}

fn compile_for<W: Write + Send>(
    input: &mut impl Read,
    output: &Output<W>,
    wasm: Vec<u8>,
    space: AddressSpace,
) -> io::Result<()> {
    // Functions of an embedder are in its own process, so this one knows none.
    let own = Interfaces::default();
    let component = match output.telling(|| accepted(wasm, &own)) {
        Ok(accepted) => accepted,
        Err(rejection) => return output.answer(&Checked::Rejected(rejection)),
    };
    output.answer(&Checked::Accepted)?;
    // Where nobody wants it any more, the input ends.
    input.read_exact(&mut [0])?;
    let compiled = output.telling(|| compile(&component, &own, space));
    answer_compiled(output, compiled)
}

fn read_wasm(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_be_bytes(length);
    if length > limits::UNZIPPED_BYTES_MAX {
        return Err(io::Error::other("the component is too long"));
    }
    let mut wasm = Vec::new();
    input.take(length).read_to_end(&mut wasm)?;
    Ok(wasm)
}

fn read_frame<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::other("the order is too long"));
    }
    let mut json = vec![0; length as usize];
    input.read_exact(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

/// A value as a frame.
pub(in crate::sandbox) fn framed(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(value)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes()[..], &json].concat())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_is_used_is_told_while_it_works_and_whole_frames_alone() {
        let output = Output::new(Vec::new());
        let has_told = || !output.0.lock().is_empty();
        output.telling(|| {
            let give_up_at = Instant::now() + Duration::from_secs(60);
            while !has_told() {
                assert!(Instant::now() < give_up_at, "nothing is told");
            }
        });
        output.answer(&Checked::Accepted).expect("written");
        let bytes = output.0.lock().clone();
        let mut frames = &bytes[..];
        let mut told = Duration::ZERO;
        loop {
            match read_frame(&mut frames).expect("a frame") {
                Said::Used(used) => told = used,
                Said::Answer(answer) => {
                    assert!(matches!(answer, Checked::Accepted), "{answer:?}");
                    break;
                }
            }
        }
        assert!(frames.is_empty() && told > Duration::ZERO, "{told:?}");
    }
}
