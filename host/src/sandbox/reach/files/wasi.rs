//! The door to the guest: `wasi:filesystem`.
//!
//! The interfaces are those that the engine's makers generate. Their own descriptors cannot be made from
//! outside, so handles are theirs by type, and what they name in the table is ours.

mod conversions;
mod handles;

use std::sync::Arc;

use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode,
    Filesize, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};

use super::error_code::code_of;
use super::host_files::HostFiles;
use super::open_file::OpenFile;
use super::open_folder::{OpenFolder, Opened};
use super::places::GuestFiles;
use super::reader::FileReader;
use super::status;
use crate::limits;
use crate::sandbox::memory::charge::{Charge, charged};
use crate::sandbox::reach::names::Provided;
use crate::sandbox::reach::part::{Called, Calls, InSnapshot, Part, Reaches};
use crate::sandbox::reach::shared::Shared;
use conversions::{check_paths, descriptor_type, follows, hash, new_times, opening, stat};
use handles::{Descriptor, EntryStream, Fd, blocking, stream_place};

/// Where a guest finds the folder that is its own.
const TMP_PATH: &str = "/tmp";

/// Where it finds the package of its function, where that holds sources.
const TASK_PATH: &str = "/var/task";

/// The files of one guest, which live as long as its sandbox, made at the first call: most guests make none.
pub(in crate::sandbox) struct Files(Option<Arc<GuestFiles>>);

impl Part for Files {
    /// None while a guest is initialized for a snapshot.
    type Host = Option<Arc<HostFiles>>;
    const TITLE: &'static str = "files: `/tmp`, the package of sources, and folders of the host";
    const PROVIDED: &'static [Provided] = &[
        Provided::wasi("wasi:filesystem/preopens"),
        Provided::wasi("wasi:filesystem/types"),
    ];
    const NEEDED: Option<&'static str> =
        Some("nothing for `/tmp`; `SPARKLER_FOLDERS` and a grant of the host for folders");
    const IN_SNAPSHOT: InSnapshot = InSnapshot::Empty;

    fn new(_: &Self::Host, _: &Shared) -> Self {
        Self(None)
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        preopens::add_to_linker::<T, Calls<Self>>(linker, T::called)?;
        types::add_to_linker::<T, Calls<Self>>(linker, T::called)
    }
}

impl Called<'_, Files> {
    fn guest_files(&mut self) -> Option<&Arc<GuestFiles>> {
        let host = self.host.as_ref()?;
        Some(self.part.0.get_or_insert_with(|| {
            let settings = &self.shared.version.settings;
            let tmp_bytes_max = settings.ephemeral_storage_bytes_max();
            GuestFiles::new(host, &self.shared.vitals, tmp_bytes_max)
        }))
    }
}

impl preopens::Host for Called<'_, Files> {
    /// `/tmp`, the function's package and the folders that the function was granted. No folder is made before it is used: the
    /// libraries of languages ask this whether or not a program has to do with files.
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Fd, String)>> {
        let Some(guest) = self.guest_files().map(Arc::clone) else {
            return Ok(Vec::new());
        };
        let mut folders = vec![(OpenFolder::root(&guest, guest.tmp()), TMP_PATH.to_owned())];
        if let Some(task) = &self.shared.task {
            folders.push((OpenFolder::root(&guest, task), TASK_PATH.to_owned()));
        }
        if let Some(granted) = &self.shared.granted {
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

impl types::Host for Called<'_, Files> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(self.shared.table.get(&error)?.downcast_ref().copied())
    }
}

impl types::HostDescriptor for Called<'_, Files> {
    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let file = self.file(&fd)?;
        if !file.mode().read {
            return Err(ErrorCode::BadDescriptor.into());
        }
        let place = stream_place(&file)?;
        let reader: DynInputStream = Box::new(FileReader::new(file, offset, place));
        self.shared.table.push(reader, 0).map_err(FsError::trap)
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
        let length = length.min(limits::FILE_READ_BYTES_MAX);
        let _held = Charge::take(self.shared.budget(), length).map_err(FsError::trap)?;
        let bytes = self.with_file(&fd, move |file| file.read(length, offset));
        let bytes = bytes.await?;
        let is_at_end = bytes.is_empty() && length > 0;
        Ok((bytes.into(), is_at_end))
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        let bytes = charged(self.shared.budget(), bytes).map_err(FsError::trap)?;
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
        let own = self
            .shared
            .table
            .push(stream, limits::FOLDER_READ_AHEAD_BYTES);
        let own = own.map_err(FsError::trap)?;
        Ok(Resource::new_own(own.rep()))
    }

    async fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.with_path(&fd, path, |folder, path| folder.create_folder(path))
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
        self.with_path(&fd, path, move |folder, path| {
            Ok(stat(&folder.metadata_at(path, follows(flags))?))
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
        self.with_path(&fd, path, move |folder, path| {
            let times = new_times(&accessed, &modified)?;
            folder.set_times_at(path, follows(flags), &times)
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
        check_paths(&[&old_path, &new_path])?;
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
        let opened = self.with_path(&fd, path, move |folder, path| folder.open(path, &how));
        let descriptor = match opened.await? {
            Opened::File(file) => Descriptor::File(Arc::new(file)),
            Opened::Folder(folder) => Descriptor::Folder(Arc::new(folder)),
        };
        self.push(descriptor).map_err(FsError::trap)
    }

    async fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
        self.with_path(&fd, path, |folder, path| folder.read_link(path))
            .await
    }

    async fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.with_path(&fd, path, |folder, path| folder.remove_folder(path))
            .await
    }

    async fn rename_at(
        &mut self,
        fd: Fd,
        old_path: String,
        into: Fd,
        new_path: String,
    ) -> FsResult<()> {
        check_paths(&[&old_path, &new_path])?;
        let into = self.folder(&into)?;
        self.with_folder(&fd, move |folder| {
            folder.rename(&old_path, &into, &new_path)
        })
        .await
    }

    async fn symlink_at(&mut self, fd: Fd, target: String, path: String) -> FsResult<()> {
        check_paths(&[&target, &path])?;
        self.with_folder(&fd, move |folder| folder.create_link(&target, &path))
            .await
    }

    async fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        self.with_path(&fd, path, |folder, path| folder.remove_file(path))
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
        self.with_path(&fd, path, move |folder, path| {
            let metadata = folder.metadata_at(path, follows(flags))?;
            Ok(hash(&metadata, folder.guest()))
        })
        .await
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.shared
            .table
            .delete(Resource::<Descriptor>::new_own(fd.rep()))?;
        Ok(())
    }
}

impl types::HostDirectoryEntryStream for Called<'_, Files> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<types::DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let own = Resource::<EntryStream>::new_own(stream.rep());
        let stream = self.shared.table.get_mut(&own)?;
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
                type_: descriptor_type(&entry.kind),
                name: entry.name,
            })),
        }
    }

    fn drop(&mut self, stream: Resource<types::DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.shared
            .table
            .delete(Resource::<EntryStream>::new_own(stream.rep()))?;
        Ok(())
    }
}
