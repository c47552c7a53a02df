//! Between the values of WASI and those of the modules beside it.

use std::io;

use cap_std::fs::FileTypeExt as _;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, NewTimestamp,
    OpenFlags, PathFlags,
};

use crate::limits;
use crate::sandbox::reach::files::opening::Opening;
use crate::sandbox::reach::files::places::GuestFiles;
use crate::sandbox::reach::files::status::{self, Kind, NewTime, NewTimes, Status};

/// Paths wait with what is done with them, and the system takes none that is longer.
pub(super) fn check_paths(paths: &[&str]) -> Result<(), ErrorCode> {
    match paths
        .iter()
        .all(|path| path.len() <= limits::PATH_BYTES_MAX)
    {
        true => Ok(()),
        false => Err(ErrorCode::NameTooLong),
    }
}

pub(super) fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

pub(super) fn opening(path: PathFlags, open: OpenFlags, flags: DescriptorFlags) -> Opening {
    Opening {
        follow: follows(path),
        create: open.contains(OpenFlags::CREATE),
        exclusive: open.contains(OpenFlags::EXCLUSIVE),
        truncate: open.contains(OpenFlags::TRUNCATE),
        directory: open.contains(OpenFlags::DIRECTORY),
        read: flags.contains(DescriptorFlags::READ),
        write: flags.contains(DescriptorFlags::WRITE),
        sync: flags.contains(DescriptorFlags::FILE_INTEGRITY_SYNC),
        data_sync: flags.contains(DescriptorFlags::DATA_INTEGRITY_SYNC),
    }
}

pub(super) fn new_times(accessed: &NewTimestamp, modified: &NewTimestamp) -> io::Result<NewTimes> {
    Ok(NewTimes {
        accessed: new_time(accessed)?,
        modified: new_time(modified)?,
    })
}

fn new_time(time: &NewTimestamp) -> io::Result<NewTime> {
    Ok(match time {
        NewTimestamp::NoChange => NewTime::Keep,
        NewTimestamp::Now => NewTime::Now,
        NewTimestamp::Timestamp(at) => {
            NewTime::At(status::since_epoch(at.seconds, at.nanoseconds)?)
        }
    })
}

pub(super) fn stat(status: &Status) -> DescriptorStat {
    let [accessed, modified, changed] = status::times(status).map(|time| {
        time.map(|time| Datetime {
            seconds: time.as_secs(),
            nanoseconds: time.subsec_nanos(),
        })
    });
    DescriptorStat {
        type_: descriptor_type(&status.kind()),
        link_count: status.links(),
        size: status.bytes(),
        data_access_timestamp: accessed,
        data_modification_timestamp: modified,
        status_change_timestamp: changed,
    }
}

pub(super) fn descriptor_type(kind: &Kind) -> DescriptorType {
    let kind = match kind {
        Kind::Host(kind) => kind,
        Kind::Packaged { is_folder: true } => return DescriptorType::Directory,
        Kind::Packaged { is_folder: false } => return DescriptorType::RegularFile,
    };
    match () {
        () if kind.is_file() => DescriptorType::RegularFile,
        () if kind.is_dir() => DescriptorType::Directory,
        () if kind.is_symlink() => DescriptorType::SymbolicLink,
        () if kind.is_fifo() => DescriptorType::Fifo,
        () if kind.is_socket() => DescriptorType::Socket,
        () if kind.is_char_device() => DescriptorType::CharacterDevice,
        () if kind.is_block_device() => DescriptorType::BlockDevice,
        () => DescriptorType::Unknown,
    }
}

pub(super) fn hash(status: &Status, guest: &GuestFiles) -> MetadataHashValue {
    let (lower, upper) = status::identity(status, &guest.host().identities);
    MetadataHashValue { lower, upper }
}
