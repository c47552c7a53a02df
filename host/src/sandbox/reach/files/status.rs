//! What is known of a file beside its content, and its times.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cap_fs_ext::{DirExt as _, SystemTimeSpec};
use cap_std::fs::{Dir, File, FileType, Metadata, MetadataExt as _};
use rustix::fs::{AtFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens, utimensat};
use rustix::io::Errno;

use crate::package::SourceEntry;

/// A time to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewTime {
    Keep,
    Now,
    At(Duration),
}

/// The times to set.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewTimes {
    pub(super) accessed: NewTime,
    pub(super) modified: NewTime,
}

pub(super) fn set_times_of(file: &File, times: &NewTimes) -> io::Result<()> {
    Ok(futimens(file, &times.for_kernel()?)?)
}

/// By its name in itself: its handle may be a bare path to the kernel.
pub(super) fn set_times_of_folder(dir: &Dir, times: &NewTimes) -> io::Result<()> {
    Ok(utimensat(dir, ".", &times.for_kernel()?, AtFlags::empty())?)
}

pub(super) fn set_times_at(
    dir: &Dir,
    path: &str,
    follow: bool,
    times: &NewTimes,
) -> io::Result<()> {
    let (accessed, modified) = (times.accessed.for_path()?, times.modified.for_path()?);
    match follow {
        true => dir.set_times(path, accessed, modified),
        false => dir.set_symlink_times(path, accessed, modified),
    }
}

impl NewTimes {
    fn for_kernel(&self) -> io::Result<Timestamps> {
        Ok(Timestamps {
            last_access: self.accessed.for_kernel()?,
            last_modification: self.modified.for_kernel()?,
        })
    }
}

impl NewTime {
    fn for_kernel(self) -> io::Result<Timespec> {
        Ok(match self {
            Self::Keep => Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_OMIT,
            },
            Self::Now => Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_NOW,
            },
            Self::At(since_epoch) => Timespec {
                tv_sec: i64::try_from(since_epoch.as_secs()).map_err(|_| Errno::OVERFLOW)?,
                tv_nsec: since_epoch.subsec_nanos().into(),
            },
        })
    }

    fn for_path(self) -> io::Result<Option<SystemTimeSpec>> {
        Ok(match self {
            Self::Keep => None,
            Self::Now => Some(SystemTimeSpec::SymbolicNow),
            Self::At(since_epoch) => {
                let time = UNIX_EPOCH.checked_add(since_epoch).ok_or(Errno::OVERFLOW)?;
                let time = cap_std::time::SystemTime::from_std(time);
                Some(SystemTimeSpec::Absolute(time))
            }
        })
    }
}

/// What is known of a file or a folder.
pub(super) enum Status {
    /// Of one of the host's.
    Host(Metadata),
    /// Of one in the package of a function.
    Packaged(SourceEntry),
}

/// What a file has been accessed, modified and changed at in a package, whatever it says: the first time of zips. Two
/// functions with the same files are the same.
const PACKAGED_AT: Duration = Duration::from_secs(315_532_800);

/// The device that no file of the host is on.
const PACKAGE_DEVICE: u64 = u64::MAX;

impl Status {
    /// The file's device and number.
    fn numbers(&self) -> (u64, u64) {
        match self {
            Self::Host(metadata) => (metadata.dev(), metadata.ino()),
            Self::Packaged(SourceEntry::Folder { number } | SourceEntry::File { number, .. }) => {
                (PACKAGE_DEVICE, *number)
            }
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Host(metadata) => Kind::Host(metadata.file_type()),
            Self::Packaged(SourceEntry::Folder { .. }) => Kind::Packaged { is_folder: true },
            Self::Packaged(SourceEntry::File { .. }) => Kind::Packaged { is_folder: false },
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Host(metadata) => metadata.len(),
            Self::Packaged(SourceEntry::File { bytes, .. }) => *bytes,
            Self::Packaged(SourceEntry::Folder { .. }) => 0,
        }
    }

    pub(super) fn links(&self) -> u64 {
        match self {
            Self::Host(metadata) => metadata.nlink(),
            Self::Packaged(_) => 1,
        }
    }
}

/// What something is.
pub(super) enum Kind {
    /// In a folder of the host.
    Host(FileType),
    /// In a package.
    Packaged { is_folder: bool },
}

impl Kind {
    #[cfg(test)]
    pub(super) fn is_dir(&self) -> bool {
        match self {
            Self::Host(kind) => kind.is_dir(),
            Self::Packaged { is_folder } => *is_folder,
        }
    }
}

/// When something happened to a file: accessed, modified, changed. Nothing is told of what was before 1970.
pub(super) fn times(status: &Status) -> [Option<Duration>; 3] {
    let Status::Host(metadata) = status else {
        return [Some(PACKAGED_AT); 3];
    };
    let since_epoch = |seconds: i64, nanoseconds: i64| {
        let nanoseconds = u32::try_from(nanoseconds).ok()?;
        Some(Duration::new(u64::try_from(seconds).ok()?, nanoseconds))
    };
    [
        since_epoch(metadata.atime(), metadata.atime_nsec()),
        since_epoch(metadata.mtime(), metadata.mtime_nsec()),
        since_epoch(metadata.ctime(), metadata.ctime_nsec()),
    ]
}

/// Whether both are of the same file.
pub(super) fn is_same(one: &Status, other: &Status) -> bool {
    one.numbers() == other.numbers()
}

/// A number of 128 bits that stands for the file as long as the host runs.
pub(super) fn identity(status: &Status, of: &RandomState) -> (u64, u64) {
    let (device, number) = status.numbers();
    (
        of.hash_one((device, number)),
        of.hash_one((number, device, "upper")),
    )
}

/// What a time of a guest is to a clock; only that it is one is checked here.
pub(super) fn since_epoch(seconds: u64, nanoseconds: u32) -> io::Result<Duration> {
    let time = Duration::from_secs(seconds)
        .checked_add(Duration::from_nanos(nanoseconds.into()))
        .ok_or(Errno::OVERFLOW)?;
    match SystemTime::UNIX_EPOCH.checked_add(time) {
        Some(_) => Ok(time),
        None => Err(Errno::OVERFLOW.into()),
    }
}
