//! Packages, and what becomes of them before they run: checked, compiled, initialized.

use std::time::Duration;

/// Largest package that is uploaded in a request, as AWS documents it.
pub const PACKAGE_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// Largest sum of the files in a package, as AWS documents it; so also the largest component.
pub const UNZIPPED_BYTES_MAX: u64 = 250 * 1024 * 1024;

/// Bytes of the path of a file in a package: as Linux bounds them.
pub(crate) const PACKAGE_PATH_BYTES_MAX: usize = 4_096;

/// What all paths of a package of sources may take of memory. Each folder in one is a path of its own.
pub(crate) const PACKAGE_PATHS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How long whoever reads a pipe or a device that somebody has named waits for what is written into it.
pub(crate) const NAMED_FILE_WAIT_MAX: Duration = Duration::from_secs(10);

/// Files in one package: far above what a package of one component needs.
pub(crate) const PACKAGE_ENTRIES_MAX: usize = 10_000;

/// Deployments that are unpacked and checked at once: each may hold a package and the component in it.
pub(crate) const CONCURRENT_DEPLOYS_MAX: usize = 4;

/// Address space of the process that compiles a component.
pub(crate) const COMPILE_MEMORY_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Addresses that the process which imports a function has besides, for the memory of its interpreter: two of them, one
/// after the other, each with all that its addresses reach and the guards around that.
#[cfg(feature = "compiler")]
pub(crate) const INTERPRETER_ADDRESS_BYTES: u64 = 10 * 1024 * 1024 * 1024;

/// What is taken for the size of a state of an interpreter, packed and compiled, before it is there.
pub(crate) const STATE_BYTES_EXPECTED: u64 = 32 * 1024 * 1024;

/// Packages of sources that are in memory for the guests that read them, beside those that are in use.
pub(crate) const SOURCES_KEPT_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Time that passes while one component is checked, and while it is compiled: a busy machine must not make one
/// fail that is harmless, so what bounds a compilation is `COMPILE_CPU_SECONDS_MAX`. This is far behind it, for a
/// machine that gives it a fifteenth of a processor.
pub const COMPILE_DURATION_MAX: Duration = Duration::from_secs(3_600);

/// Compiled code of one component: cranelift's output is a small multiple of its input.
pub(crate) const ARTIFACT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What compiled code is taken to be larger than its component, where it is not compiled yet and must have room.
pub(crate) const ARTIFACT_BYTES_OF_COMPONENT_BYTE: u64 = 2;

/// How long an update is at least in progress, however little there is to do. AWS refuses a second update
/// meanwhile: a client that forgets to wait for the first should learn it here, and not there.
pub(crate) const UPDATE_DURATION_MIN: Duration = Duration::from_millis(50);

/// Sections of a component that are looked through for the one that opts in to reuse; real components
/// have some hundred.
pub(crate) const COMPONENT_SECTIONS_MAX: usize = 100_000;

/// Memories of a guest together that are kept in a snapshot: they are stored, and mapped by every sandbox.
#[cfg(feature = "compiler")]
pub(crate) const SNAPSHOT_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Largest component with a snapshot in it: it is read as any package is.
#[cfg(feature = "compiler")]
pub(crate) const SNAPSHOT_BYTES_MAX: u64 = UNZIPPED_BYTES_MAX;

/// Memory of the images of snapshots that are not stored yet, in bytes. A few small ones or two of the largest, which a
/// disk takes in a moment: what does not fit is made once more. Of one account no more than half, but for a single one.
pub(crate) const UNSTORED_IMAGES_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Largest memory of which an image is made that sandboxes map, even where most of it is zero: beyond it
/// only if the data is dense, and else each sandbox copies its data. Interpreters with a snapshot have
/// tens of megabytes.
pub(crate) const MEMORY_IMAGE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Time for reading the state of a guest that was initialized: it runs no more code of its own.
#[cfg(feature = "compiler")]
pub(crate) const SNAPSHOT_READ_DURATION_MAX: Duration = Duration::from_secs(60);

/// How often a version waits for room for its snapshot before it is published without one: for half a minute, from one
/// second on and each time for twice as long. Longer than disks need that were full for a moment, and far shorter than
/// those wait who publish.
pub(crate) const SNAPSHOT_ROOM_WAITS_MAX: u32 = 5;

/// How long in all an initialization waits while its account runs as much at once as it may: as long as it waits for
/// room. Then the version is published without a snapshot, or its sandboxes are prepared later.
pub(crate) const INITIALIZATION_WAIT_MAX: Duration = Duration::from_secs(30);

/// Processor time of the process that compiles a component, over all its threads.
pub(crate) const COMPILE_CPU_SECONDS_MAX: u64 = 240;

/// How often the process that compiles says how much processor time it has used: as often as those who have places are
/// looked at.
#[cfg(feature = "compiler")]
pub(crate) const COMPILE_TELL_INTERVAL: Duration = Duration::from_millis(50);

/// Components that are compiled at once: for each level, how many of it and those above it, and how much processor time
/// one has before it has to rise. Most functions in Rust take less than the first; large ones less than the second; the
/// engines of JavaScript and Python up to a minute; what takes longer than that is most likely meant to.
pub(crate) const COMPILE_LEVELS: [(usize, Duration); 4] = [
    (3, Duration::from_millis(500)),
    (2, Duration::from_secs(8)),
    (2, Duration::from_secs(64)),
    (1, Duration::from_secs(COMPILE_CPU_SECONDS_MAX)),
];

/// As [`COMPILE_LEVELS`], for the checks before that, so that whoever deploys need not wait for the compilations of
/// others to be told what is wrong. They are quick.
pub(crate) const CHECK_LEVELS: [(usize, Duration); 2] = [
    (3, Duration::from_secs(1)),
    (2, Duration::from_secs(COMPILE_CPU_SECONDS_MAX)),
];

/// As [`COMPILE_LEVELS`], for initializations for snapshots: by the time that passes, since the code that they run may
/// also do nothing for as long as a function's initialization may take.
pub(crate) const INITIALIZE_LEVELS: [(usize, Duration); 3] = [
    (3, Duration::from_secs(4)),
    (2, Duration::from_secs(64)),
    (1, Duration::from_secs(900)),
];

/// Memory of the components that were accepted and wait to be compiled. Each counts for its size, and for
/// [`WAITING_COMPONENT_BYTES_MIN`] besides; where there is none left, one waits on disk, and is checked again before it is
/// compiled.
pub(crate) const WAITING_COMPONENTS_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What a process takes that waits to compile.
pub(crate) const WAITING_COMPONENT_BYTES_MIN: u64 = 16 * 1024 * 1024;
