//! The host's end of the conversation with the process that compiles.

mod interpreters;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{self, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout_at};

use serde::de::DeserializeOwned;

use super::compiling::{Code, Compilation, Compile, Step, Stop, failed};
use super::derivation::{Derivation, Imported, Interpreter};
use super::first_to_go;
use super::isolation::CompileLimits;
use super::meter::Meter;
use super::snapshot::InitOrder;
use super::worker::{
    Checked, Compiled, Ending, FRAME_BYTES_MAX, GO_ON, InitAnswer, NOT_CONFINED, Order, Said,
    framed,
};
use crate::deployer::{InitOutcome, Initialized, Rejection};
use crate::domain::{Account, Version};
use crate::limits;
use crate::sandbox::engine::engines::AddressSpace;

/// A compiler that runs in a process of its own, started for each component.
#[derive(Clone)]
pub(super) struct Child {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) limits: CompileLimits,
    pub(super) space: AddressSpace,
}

impl Compile for Child {
    fn check(&self, wasm: Bytes, meter: Meter) -> Step<'_, Box<dyn Compilation>> {
        Box::pin(async move {
            let deadline = Instant::now() + limits::COMPILE_DURATION_MAX;
            let started = CompileChild::start(self, wasm, meter.clone());
            let started = within_time(deadline, &meter, started).await?;
            Ok(Box::new(started) as Box<dyn Compilation>)
        })
    }

    fn derive(&self, derivation: Derivation, wasm: Bytes, meter: Meter) -> Step<'_, Code> {
        interpreters::derive(self, derivation, wasm, meter)
    }

    fn import<'a>(
        &'a self,
        account: &'a Account,
        version: &'a Version,
        interpreter: Interpreter,
        package: Bytes,
        meter: Meter,
    ) -> Step<'a, Imported> {
        let order = InitOrder::of(account, version);
        interpreters::import(self, order, interpreter, package, meter)
    }

    /// Its own time comes on top of what compiling it may take.
    fn initialize<'a>(
        &'a self,
        account: &'a Account,
        version: &'a Version,
        wasm: Bytes,
        meter: Meter,
    ) -> Step<'a, Initialized> {
        let order = InitOrder::of(account, version);
        let duration_max = order.duration_max + limits::SNAPSHOT_READ_DURATION_MAX;
        let deadline = Instant::now() + limits::COMPILE_DURATION_MAX + duration_max;
        let mut compiler = self.clone();
        compiler.limits.cpu_seconds_max += duration_max.as_secs();
        Box::pin(async move {
            let order = Order::Initialize(Box::new(order));
            let initialized = CompileChild::initialize(&compiler, &order, wasm, meter.clone());
            let imported = within_time(deadline, &meter, initialized).await?;
            Ok(imported.initialized)
        })
    }
}

impl Compilation for CompileChild {
    fn artifact(&mut self, meter: Meter) -> Step<'_, Code> {
        meter.begin();
        self.meter = meter.clone();
        Box::pin(async move {
            let deadline = Instant::now() + limits::COMPILE_DURATION_MAX;
            let code = within_time(deadline, &meter, self.code()).await?;
            Ok(Box::new(code) as Code)
        })
    }
}

/// A process that has accepted a component, and compiles it when it is told to. It is killed when this is
/// dropped.
struct CompileChild {
    child: process::Child,
    input: ChildStdin,
    output: ChildStdout,
    limits: CompileLimits,
    meter: Meter,
}

impl CompileChild {
    /// Starts the process and hands it `wasm`; returns when it has found that it can be invoked.
    async fn start(compiler: &Child, wasm: Bytes, meter: Meter) -> Result<Self, Stop> {
        let mut started =
            Self::begin(compiler, &Order::Compile(compiler.space), wasm, meter).await?;
        match started.frame().await? {
            Checked::Accepted => Ok(started),
            Checked::Rejected(rejection) => Err(rejection.into()),
        }
    }

    /// Starts the process and has it initialize `wasm`.
    async fn initialize(
        compiler: &Child,
        order: &Order,
        wasm: Bytes,
        meter: Meter,
    ) -> Result<Imported, Stop> {
        let mut started = Self::begin(compiler, order, wasm, meter).await?;
        let (outcome, log, duration) = match started.frame().await? {
            InitAnswer::Ended {
                outcome,
                log,
                duration,
            } => (outcome, log, duration),
            InitAnswer::Rejected(rejection) => return Err(rejection.into()),
        };
        let mut artifact = Bytes::new();
        let outcome = match outcome {
            Ending::Taken {
                bytes,
                artifact_bytes,
            } => {
                let image = started.image(bytes).await?;
                artifact = started.image(artifact_bytes).await?;
                InitOutcome::Taken(image)
            }
            Ending::Impossible(reason) => InitOutcome::Impossible(reason),
            Ending::Failed(failure) => InitOutcome::Failed(failure),
        };
        let initialized = Initialized {
            outcome,
            log,
            duration,
        };
        Ok(Imported {
            initialized,
            artifact,
        })
    }

    async fn image(&mut self, bytes: u64) -> Result<Bytes, Rejection> {
        if bytes > limits::SNAPSHOT_BYTES_MAX {
            return Err(failed("its snapshot is larger than one may be"));
        }
        let mut image = vec![0; usize::try_from(bytes).map_err(failed)?];
        self.output.read_exact(&mut image).await.map_err(failed)?;
        Ok(image.into())
    }

    async fn begin(
        compiler: &Child,
        order: &Order,
        wasm: Bytes,
        meter: Meter,
    ) -> Result<Self, Rejection> {
        let Child {
            program,
            arguments,
            limits,
            ..
        } = compiler;
        let order = framed(order).map_err(failed)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .args(limits.arguments())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            // Ctrl-c, or a stop of the whole group, is for the host: a compiler that it ended would look
            // like one that had failed. It goes with the host all the same.
            .process_group(0);
        let mut child = first_to_go::starting(|| command.spawn()).map_err(|error| {
            Rejection::of_host(format!(
                "The compiler's process could not be started: {error}."
            ))
        })?;
        meter.begin();
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("its process has no input or output"));
        };
        hand_over(&mut input, &order, &wasm).await;
        Ok(Self {
            child,
            input,
            output,
            limits: *limits,
            meter,
        })
    }

    /// Has it compile, and waits for the code.
    async fn code(&mut self) -> Result<impl Read + Send + use<>, Stop> {
        // One that has died has closed it; that it died is seen at its output.
        let _ = self.input.write_all(&[GO_ON]).await;
        self.compiled().await
    }

    /// Waits for the code.
    async fn compiled(&mut self) -> Result<impl Read + Send + use<>, Stop> {
        let bytes = match self.frame().await? {
            Compiled::Artifact { bytes } if bytes <= limits::ARTIFACT_BYTES_MAX => bytes,
            Compiled::Artifact { bytes } => return Err(too_large(bytes).into()),
            Compiled::Rejected(rejection) => return Err(rejection.into()),
        };
        let output = self.output.as_fd().try_clone_to_owned().map_err(failed)?;
        // Read from a thread of its own from here on, which may block.
        rustix::io::ioctl_fionbio(&output, false).map_err(failed)?;
        Ok(Exactly {
            inner: File::from(output).take(bytes),
            missing: bytes,
        })
    }

    /// The answer, behind whatever is told of the work.
    async fn frame<T: DeserializeOwned>(&mut self) -> Result<T, Stop> {
        loop {
            match read_frame(&mut self.output).await {
                Ok(Said::Used(used)) => self.meter.told(used),
                Ok(Said::Answer(answer)) => return Ok(answer),
                Err(error) => {
                    let used = self.meter.used();
                    return Err(match self.child.wait().await {
                        Ok(status) => self.limits.exceeded(status, used, &error),
                        Err(error) => failed(error).into(),
                    });
                }
            }
        }
    }
}

impl CompileLimits {
    /// Why a process has ended that should have answered, after it had used so much processor time. What ran into a
    /// limit would do so again.
    fn exceeded(self, status: ExitStatus, used: Duration, error: &io::Error) -> Stop {
        let seconds = used.as_secs_f64();
        let megabytes = self.memory_bytes_max / (1024 * 1024);
        let limit = self.cpu_seconds_max;
        let reason = match (status.signal(), status.code()) {
            (Some(SIGXCPU), _) => format!(
                "The component cannot be compiled within {limit} seconds of processor time: its compilation has \
                 used {seconds:.1}. Make it smaller, or split its largest functions."
            ),
            (Some(SIGKILL), _) => {
                return Stop::Killed(format!(
                    "The process that compiled the component was killed (signal 9), after {seconds:.1} of the \
                     {limit} seconds of processor time that it may use."
                ));
            }
            (Some(SIGABRT | SIGSEGV), _) => format!(
                "The component cannot be compiled within {megabytes} MB of memory: its compilation wanted more, \
                 after {seconds:.1} seconds of processor time. Make it smaller, or split its largest functions."
            ),
            (None, Some(PANICKED)) => format!(
                "The compiler breaks down on this component, or needs more than the {megabytes} MB of memory \
                 that it may use, after {seconds:.1} seconds of processor time. Make the component smaller, or \
                 build it another way."
            ),
            (None, Some(code)) if code == i32::from(NOT_CONFINED) => return not_confined().into(),
            _ => return failed(format_args!("the compiler ended with {status}: {error}")).into(),
        };
        Rejection::of_code(reason).into()
    }
}

/// Sent by a program to itself that has no memory left.
const SIGABRT: i32 = 6;
/// Sent by the system where memory runs out, or by a person.
const SIGKILL: i32 = 9;
/// Sent by the system where a stack cannot grow.
const SIGSEGV: i32 = 11;
/// Sent by the system where the processor time is used up.
const SIGXCPU: i32 = 24;

impl CompileLimits {
    /// The limits as arguments of a command line.
    fn arguments(self) -> [String; 4] {
        [
            "--memory-bytes".into(),
            self.memory_bytes_max.to_string(),
            "--cpu-seconds".into(),
            self.cpu_seconds_max.to_string(),
        ]
    }
}

/// `work`, ended where it is at `deadline`, which is far: what bounds it is the processor time that it uses.
async fn within_time<T>(
    deadline: Instant,
    meter: &Meter,
    work: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    timeout_at(deadline, work)
        .await
        .unwrap_or_else(|_| Err(overdue(meter).into()))
}

fn overdue(meter: &Meter) -> Rejection {
    Rejection::of_machine(format!(
        "The component was not compiled after {} seconds, in which the machine has given its compilation {:.1} \
         seconds of processor time. Deploy it again when the machine is less busy.",
        meter.elapsed().as_secs(),
        meter.used().as_secs_f64(),
    ))
}

/// The exit status of a program that panicked.
const PANICKED: i32 = 101;

/// No component is compiled outside of the jail that was asked for.
fn not_confined() -> Rejection {
    Rejection::of_host(
        "The compiler's process could not enter its jail: this system refuses what it needs for that, Landlock or \
         seccomp. `sparkler serve --no-jail` does without.",
    )
}

/// Gives the process its input. One that has died has closed it; that it died is seen at its output.
async fn hand_over(input: &mut ChildStdin, order: &[u8], wasm: &[u8]) {
    let length = (wasm.len() as u64).to_be_bytes();
    for part in [order, &length, wasm] {
        if input.write_all(part).await.is_err() {
            return;
        }
    }
}

fn too_large(bytes: u64) -> Rejection {
    Rejection::of_code(format!(
        "The component is too large: its compiled code has {bytes} bytes, and at most {} are \
             kept.",
        limits::ARTIFACT_BYTES_MAX
    ))
}

async fn read_frame<T: DeserializeOwned>(output: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let length = output.read_u32().await?;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::other("the compiler's answer is too long"));
    }
    let mut json = vec![0; length as usize];
    output.read_exact(&mut json).await?;
    Ok(serde_json::from_slice(&json)?)
}

/// A reader that fails where its source ends too early: half an artifact must not look like one.
struct Exactly<R> {
    inner: R,
    missing: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 && self.missing > 0 && !buffer.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the compiler's process ended before its artifact was complete",
            ));
        }
        self.missing = self.missing.saturating_sub(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, getpgid};

    use super::*;
    use crate::deployer::Fault;

    fn compiler(program: &str, arguments: &[&str]) -> Child {
        Child {
            program: program.into(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            limits: CompileLimits::default(),
            space: AddressSpace::Ample,
        }
    }

    /// What accepts a component.
    const ACCEPTED: &str = r#"printf '\000\000\000\025{"Answer":"Accepted"}'"#;

    /// A compiler that does what `script` says.
    async fn start(script: &str) -> Result<CompileChild, Stop> {
        let compiler = compiler("/bin/sh", &["-c", script]);
        CompileChild::start(&compiler, Bytes::new(), Meter::start()).await
    }

    async fn rejected(script: &str) -> Rejection {
        match start(script).await.err().expect("stopped") {
            Stop::Rejected(rejection) => rejection,
            Stop::Killed(what) => panic!("{what}"),
        }
    }

    #[tokio::test]
    async fn a_signal_to_the_group_of_the_host_is_not_for_the_compiler() {
        let started = start(&format!("{ACCEPTED}; read -r _")).await;
        let child = started.expect("accepted").child;
        let id = i32::try_from(child.id().expect("not waited for")).expect("an id");
        let id = Pid::from_raw(id).expect("an id");
        assert_eq!(getpgid(Some(id)).expect("there"), id);
    }

    #[tokio::test]
    async fn what_it_tells_of_its_work_comes_before_its_answer_and_its_end() {
        let told = r#"printf '\000\000\000\045{"Used":{"secs":7,"nanos":800000000}}'"#;
        let started = start(&format!("{told}; {ACCEPTED}; read -r _")).await;
        let used = started.expect("accepted").meter.used();
        assert_eq!(used, Duration::from_millis(7_800));
        // What it says on the side is no part of the conversation.
        let panicked = format!("{told}; echo 'thread panicked' >&2; kill -XCPU $$");
        let rejection = rejected(&panicked).await;
        assert!(rejection.reason.contains("has used 7.8"), "{rejection}");
    }

    #[tokio::test]
    async fn the_code_is_blamed_for_its_cost_and_the_host_for_everything_else() {
        for (script, fault) in [
            ("kill -XCPU $$", Fault::Code),
            ("kill -ABRT $$", Fault::Code),
            ("exit 1", Fault::Host),
            ("kill -TERM $$", Fault::Host),
        ] {
            let rejection = rejected(script).await;
            assert_eq!(rejection.fault, fault, "{script}: {rejection}");
        }
        let missing = compiler("/missing", &[]);
        let started = CompileChild::start(&missing, Bytes::new(), Meter::start()).await;
        match started.err() {
            Some(Stop::Rejected(rejection)) => assert_eq!(rejection.fault, Fault::Host),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_is_said_of_its_end_is_what_ended_it() {
        for (script, said) in [
            (
                "kill -XCPU $$",
                "within 240 seconds of processor time: its compilation has used 0.",
            ),
            ("kill -ABRT $$", "within 4096 MB of memory"),
            ("kill -SEGV $$", "within 4096 MB of memory"),
            ("exit 101", "breaks down on this component"),
        ] {
            let rejection = rejected(script).await;
            assert!(rejection.reason.contains(said), "{script}: {rejection}");
        }
        match start("kill -KILL $$").await.err() {
            Some(Stop::Killed(what)) => assert!(what.contains("was killed (signal 9)"), "{what}"),
            other => panic!("{other:?}"),
        }
    }
}
