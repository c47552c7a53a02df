//! The door to the guest: `wasi:filesystem`.
//!
//! The interfaces are those that the engine's makers generate. Their own descriptors cannot be made from
//! outside, so handles are theirs by type, and what they name in the table is ours.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use cap_std::fs::{FileType, FileTypeExt as _, Metadata, MetadataExt as _};
use tokio::runtime::Handle;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode,
    Filesize, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use super::TMP_PATH;
use super::blocking::Job;
use super::error_code::code_of;
use super::listing::{Entry, Listing};
use super::open_file::OpenFile;
use super::open_folder::{OpenFolder, Opened};
use super::opening::Opening;
use super::places::{GuestFiles, OpenPlace};
use super::reader::FileReader;
use super::status::{self, NewTime, NewTimes};
use super::writer::FileWriter;
use crate::sandbox::guest_state::GuestState;

type Fd = Resource<types::Descriptor>;

/// What a handle of a guest names.
#[derive(Clone)]
enum Descriptor {
    File(Arc<OpenFile>),
    Folder(Arc<OpenFolder>),
}

impl Descriptor {
    fn elsewhere(&self) -> &Handle {
        match self {
            Self::File(file) => file.elsewhere(),
            Self::Folder(folder) => folder.elsewhere(),
        }
    }

    fn guest(&self) -> &Arc<GuestFiles> {
        match self {
            Self::File(file) => file.guest(),
            Self::Folder(folder) => folder.guest(),
        }
    }

    fn metadata(&self) -> io::Result<Metadata> {
        match self {
            Self::File(file) => file.metadata(),
            Self::Folder(folder) => folder.metadata(),
        }
    }
}

/// A folder that is being listed, and what was read of it ahead.
struct EntryStream {
    listing: Option<Listing>,
    ahead: VecDeque<io::Result<Entry>>,
}

/// Runs what may block where it may.
async fn blocking<T: Send + 'static>(
    elsewhere: &Handle,
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> FsResult<T> {
    let ended = Job::start(elsewhere, call).await;
    ended.map_err(|error| code_of(&error).into())
}

impl GuestState {
    fn descriptor(&self, fd: &Fd) -> FsResult<Descriptor> {
        let own = Resource::<Descriptor>::new_own(fd.rep());
        Ok(self.table.get(&own)?.clone())
    }

    fn file(&self, fd: &Fd) -> FsResult<Arc<OpenFile>> {
        match self.descriptor(fd)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Folder(_) => Err(ErrorCode::IsDirectory.into()),
        }
    }

    fn folder(&self, fd: &Fd) -> FsResult<Arc<OpenFolder>> {
        match self.descriptor(fd)? {
            Descriptor::Folder(folder) => Ok(folder),
            Descriptor::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    fn push(&mut self, descriptor: Descriptor) -> wasmtime::Result<Fd> {
        let own = self.table.push(descriptor)?;
        Ok(Resource::new_own(own.rep()))
    }

    /// Does something with a file.
    async fn with_file<T: Send + 'static>(
        &mut self,
        fd: &Fd,
        call: impl FnOnce(&OpenFile) -> io::Result<T> + Send + 'static,
    ) -> FsResult<T> {
        let file = self.file(fd)?;
        let elsewhere = file.elsewhere().clone();
        blocking(&elsewhere, move || call(&file)).await
    }

    /// Does something in a folder.
    async fn with_folder<T: Send + 'static>(
        &mut self,
        fd: &Fd,
        call: impl FnOnce(&OpenFolder) -> io::Result<T> + Send + 'static,
    ) -> FsResult<T> {
        let folder = self.folder(fd)?;
        let elsewhere = folder.elsewhere().clone();
        blocking(&elsewhere, move || call(&folder)).await
    }

    /// Does something with either.
    async fn with_either<T: Send + 'static>(
        &mut self,
        fd: &Fd,
        call: impl FnOnce(&Descriptor) -> io::Result<T> + Send + 'static,
    ) -> FsResult<T> {
        let descriptor = self.descriptor(fd)?;
        let elsewhere = descriptor.elsewhere().clone();
        blocking(&elsewhere, move || call(&descriptor)).await
    }

    fn write_stream(
        &mut self,
        fd: &Fd,
        position: Option<Filesize>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let file = self.file(fd)?;
        if !file.mode().write {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let place = stream_place(&file)?;
        let writer: DynOutputStream = Box::new(FileWriter::new(file, position, place));
        Ok(self.table.push(writer)?)
    }
}

fn stream_place(file: &OpenFile) -> FsResult<OpenPlace> {
    OpenPlace::take(file.guest()).map_err(|error| code_of(&error).into())
}

impl preopens::Host for GuestState {
    /// `/tmp` and the folders that the function was granted. No folder is made before it is used: the
    /// libraries of languages ask this whether or not a program has to do with files.
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Fd, String)>> {
        let Some(guest) = self.guest_files().map(Arc::clone) else {
            return Ok(Vec::new());
        };
        let mut folders = vec![(OpenFolder::root(&guest, guest.tmp()), TMP_PATH.to_owned())];
        if let Some(granted) = &self.surroundings.granted {
            let granted = granted.folders().iter();
            folders.extend(
                granted.map(|(path, mount)| (OpenFolder::root(&guest, mount), path.clone())),
            );
        }
        folders
            .into_iter()
            .map(|(folder, path)| {
                let fd = self.push(Descriptor::Folder(Arc::new(folder)))?;
                Ok((fd, path))
            })
            .collect()
    }
}

impl types::Host for GuestState {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(self.table.get(&error)?.downcast_ref().copied())
    }
}

impl types::HostDescriptor for GuestState {
    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let file = self.file(&fd)?;
        if !file.mode().read {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let place = stream_place(&file)?;
        let reader: DynInputStream = Box::new(FileReader::new(file, offset, place));
        Ok(self.table.push(reader)?)
    }

    fn write_via_stream(
        &mut self,
        fd: Fd,
        offset: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        self.write_stream(&fd, Some(offset))
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        self.write_stream(&fd, None)
    }

    /// Advice is taken and not followed.
    async fn advise(
        &mut self,
        fd: Fd,
        _offset: Filesize,
        _length: Filesize,
        _advice: Advice,
    ) -> FsResult<()> {
        self.file(&fd).map(drop)
    }

    async fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
        self.with_either(&fd, |either| match either {
            Descriptor::File(file) => file.sync(false),
            Descriptor::Folder(folder) => folder.sync(),
        })
        .await
    }

    async fn sync(&mut self, fd: Fd) -> FsResult<()> {
        self.with_either(&fd, |either| match either {
            Descriptor::File(file) => file.sync(true),
            Descriptor::Folder(folder) => folder.sync(),
        })
        .await
    }

    async fn get_flags(&mut self, fd: Fd) -> FsResult<DescriptorFlags> {
        let may = |is_granted: bool, flag: DescriptorFlags| match is_granted {
            true => flag,
            false => DescriptorFlags::empty(),
        };
        Ok(match self.descriptor(&fd)? {
            Descriptor::File(file) => {
                may(file.mode().read, DescriptorFlags::READ)
                    | may(file.mode().write, DescriptorFlags::WRITE)
            }
            Descriptor::Folder(folder) => {
                DescriptorFlags::READ | may(folder.is_writable(), DescriptorFlags::MUTATE_DIRECTORY)
            }
        })
    }

    async fn get_type(&mut self, fd: Fd) -> FsResult<DescriptorType> {
        Ok(match self.descriptor(&fd)? {
            Descriptor::File(_) => DescriptorType::RegularFile,
            Descriptor::Folder(_) => DescriptorType::Directory,
        })
    }

    async fn set_size(&mut self, fd: Fd, size: Filesize) -> FsResult<()> {
        self.with_file(&fd, move |file| file.set_len(size)).await
    }

    async fn set_times(
        &mut self,
        fd: Fd,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        self.with_either(&fd, move |either| {
            let times = new_times(&accessed, &modified)?;
            match either {
                Descriptor::File(file) => file.set_times(&times),
                Descriptor::Folder(folder) => folder.set_times(&times),
            }
        })
        .await
    }

    async fn read(
        &mut self,
        fd: Fd,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let bytes = self.with_file(&fd, move |file| file.read(length, offset));
        let bytes = bytes.await?;
        let is_at_end = bytes.is_empty() && length > 0;
        Ok((bytes.into(), is_at_end))
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        let write = move |file: &OpenFile| {
            file.write(&bytes, offset)?;
            Ok(bytes.len() as u64)
        };
        self.with_file(&fd, write).await
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<types::DirectoryEntryStream>> {
        let list = |folder: &OpenFolder| {
            let mut listing = folder.list()?;
            let ahead = listing.next_entries().into();
            Ok(EntryStream {
                listing: Some(listing),
                ahead,
            })
        };
        let stream = self.with_folder(&fd, list).await?;
        let own = self.table.push(stream)?;
        Ok(Resource::new_own(own.rep()))
    }

    async fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.with_folder(&fd, move |folder| folder.create_folder(&path))
            .await
    }

    async fn stat(&mut self, fd: Fd) -> FsResult<DescriptorStat> {
        self.with_either(&fd, |either| Ok(stat(&either.metadata()?)))
            .await
    }

    async fn stat_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        self.with_folder(&fd, move |folder| {
            Ok(stat(&folder.metadata_at(&path, follows(flags))?))
        })
        .await
    }

    async fn set_times_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        self.with_folder(&fd, move |folder| {
            let times = new_times(&accessed, &modified)?;
            folder.set_times_at(&path, follows(flags), &times)
        })
        .await
    }

    async fn link_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        old_path: String,
        into: Fd,
        new_path: String,
    ) -> FsResult<()> {
        let into = self.folder(&into)?;
        self.with_folder(&fd, move |folder| {
            folder.link(&old_path, follows(flags), &into, &new_path)
        })
        .await
    }

    async fn open_at(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Fd> {
        let how = opening(path_flags, open_flags, flags);
        let opened = self.with_folder(&fd, move |folder| folder.open(&path, &how));
        let descriptor = match opened.await? {
            Opened::File(file) => Descriptor::File(Arc::new(file)),
            Opened::Folder(folder) => Descriptor::Folder(Arc::new(folder)),
        };
        self.push(descriptor).map_err(FsError::trap)
    }

    async fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
        self.with_folder(&fd, move |folder| folder.read_link(&path))
            .await
    }

    async fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.with_folder(&fd, move |folder| folder.remove_folder(&path))
            .await
    }

    async fn rename_at(
        &mut self,
        fd: Fd,
        old_path: String,
        into: Fd,
        new_path: String,
    ) -> FsResult<()> {
        let into = self.folder(&into)?;
        self.with_folder(&fd, move |folder| {
            folder.rename(&old_path, &into, &new_path)
        })
        .await
    }

    async fn symlink_at(&mut self, fd: Fd, target: String, path: String) -> FsResult<()> {
        self.with_folder(&fd, move |folder| folder.create_link(&target, &path))
            .await
    }

    async fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.with_folder(&fd, move |folder| folder.remove_file(&path))
            .await
    }

    async fn is_same_object(&mut self, one: Fd, other: Fd) -> wasmtime::Result<bool> {
        let one = self.with_either(&one, Descriptor::metadata).await;
        let other = self.with_either(&other, Descriptor::metadata).await;
        // What cannot be looked at is the same as nothing.
        match (one, other) {
            (Ok(one), Ok(other)) => Ok(status::is_same(&one, &other)),
            _ => Ok(false),
        }
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        self.with_either(&fd, |either| Ok(hash(&either.metadata()?, either.guest())))
            .await
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        self.with_folder(&fd, move |folder| {
            let metadata = folder.metadata_at(&path, follows(flags))?;
            Ok(hash(&metadata, folder.guest()))
        })
        .await
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.table
            .delete(Resource::<Descriptor>::new_own(fd.rep()))?;
        Ok(())
    }
}

impl types::HostDirectoryEntryStream for GuestState {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<types::DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let own = Resource::<EntryStream>::new_own(stream.rep());
        let stream = self.table.get_mut(&own)?;
        if stream.ahead.is_empty()
            && let Some(mut listing) = stream.listing.take()
        {
            let elsewhere = listing.place().guest().elsewhere().clone();
            let (listing, ahead) = blocking(&elsewhere, move || {
                let ahead = listing.next_entries();
                Ok((listing, ahead))
            })
            .await?;
            stream.ahead = ahead.into();
            stream.listing = (!stream.ahead.is_empty()).then_some(listing);
        }
        match stream.ahead.pop_front() {
            None => Ok(None),
            Some(Err(error)) => Err(code_of(&error).into()),
            Some(Ok(entry)) => Ok(Some(DirectoryEntry {
                type_: descriptor_type(entry.kind),
                name: entry.name,
            })),
        }
    }

    fn drop(&mut self, stream: Resource<types::DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.table
            .delete(Resource::<EntryStream>::new_own(stream.rep()))?;
        Ok(())
    }
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

fn opening(path: PathFlags, open: OpenFlags, flags: DescriptorFlags) -> Opening {
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

fn new_times(accessed: &NewTimestamp, modified: &NewTimestamp) -> io::Result<NewTimes> {
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

fn stat(metadata: &Metadata) -> DescriptorStat {
    let [accessed, modified, changed] = status::times(metadata).map(|time| {
        time.map(|time| Datetime {
            seconds: time.as_secs(),
            nanoseconds: time.subsec_nanos(),
        })
    });
    DescriptorStat {
        type_: descriptor_type(metadata.file_type()),
        link_count: metadata.nlink(),
        size: metadata.len(),
        data_access_timestamp: accessed,
        data_modification_timestamp: modified,
        status_change_timestamp: changed,
    }
}

fn descriptor_type(kind: FileType) -> DescriptorType {
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

fn hash(metadata: &Metadata, guest: &GuestFiles) -> MetadataHashValue {
    let (lower, upper) = status::identity(metadata, &guest.host().identities);
    MetadataHashValue { lower, upper }
}
