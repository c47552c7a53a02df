//! What handles of a guest name, and how something is done with it where it may block.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::filesystem::types::{self, ErrorCode, Filesize};
use wasmtime_wasi::p2::{DynOutputStream, FsError, FsResult};

use super::conversions::check_paths;
use crate::sandbox::reach::files::blocking::Job;
use crate::sandbox::reach::files::error_code::code_of;
use crate::sandbox::reach::files::listing::{Entry, Listing};
use crate::sandbox::reach::files::open_file::OpenFile;
use crate::sandbox::reach::files::open_folder::OpenFolder;
use crate::sandbox::reach::files::places::{GuestFiles, OpenPlace};
use crate::sandbox::reach::files::status::Status;
use crate::sandbox::reach::files::writer::FileWriter;
use crate::sandbox::reach::part::{Called, Part};

/// A handle of a guest. By its type it is of the engine's.
pub(super) type Fd = Resource<types::Descriptor>;

/// What a handle of a guest names.
#[derive(Clone)]
pub(super) enum Descriptor {
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

    pub(super) fn guest(&self) -> &Arc<GuestFiles> {
        match self {
            Self::File(file) => file.guest(),
            Self::Folder(folder) => folder.guest(),
        }
    }

    pub(super) fn metadata(&self) -> io::Result<Status> {
        match self {
            Self::File(file) => file.metadata(),
            Self::Folder(folder) => folder.metadata(),
        }
    }
}

/// A folder that is being listed, and what was read of it ahead.
pub(super) struct EntryStream {
    pub(super) listing: Option<Listing>,
    pub(super) ahead: VecDeque<io::Result<Entry>>,
}

/// Runs what may block where it may.
pub(super) async fn blocking<T: Send + 'static>(
    elsewhere: &Handle,
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> FsResult<T> {
    let ended = Job::start(elsewhere, call).await;
    ended.map_err(|error| code_of(&error).into())
}

/// Handles stand in the table of the guest, whatever the part is that they are asked of.
impl<P: Part> Called<'_, P> {
    pub(super) fn descriptor(&self, fd: &Fd) -> FsResult<Descriptor> {
        let own = Resource::<Descriptor>::new_own(fd.rep());
        Ok(self.shared.table.get(&own)?.clone())
    }

    pub(super) fn file(&self, fd: &Fd) -> FsResult<Arc<OpenFile>> {
        match self.descriptor(fd)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Folder(_) => Err(ErrorCode::IsDirectory.into()),
        }
    }

    pub(super) fn folder(&self, fd: &Fd) -> FsResult<Arc<OpenFolder>> {
        match self.descriptor(fd)? {
            Descriptor::Folder(folder) => Ok(folder),
            Descriptor::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    pub(super) fn push(&mut self, descriptor: Descriptor) -> wasmtime::Result<Fd> {
        let own = self.shared.table.push(descriptor, 0)?;
        Ok(Resource::new_own(own.rep()))
    }

    /// Does something with a file.
    pub(super) async fn with_file<T: Send + 'static>(
        &mut self,
        fd: &Fd,
        call: impl FnOnce(&OpenFile) -> io::Result<T> + Send + 'static,
    ) -> FsResult<T> {
        let file = self.file(fd)?;
        let elsewhere = file.elsewhere().clone();
        blocking(&elsewhere, move || call(&file)).await
    }

    /// Does something in a folder.
    pub(super) async fn with_folder<T: Send + 'static>(
        &mut self,
        fd: &Fd,
        call: impl FnOnce(&OpenFolder) -> io::Result<T> + Send + 'static,
    ) -> FsResult<T> {
        let folder = self.folder(fd)?;
        let elsewhere = folder.elsewhere().clone();
        blocking(&elsewhere, move || call(&folder)).await
    }

    /// Does something with a path in a folder.
    pub(super) async fn with_path<T: Send + 'static>(
        &mut self,
        fd: &Fd,
        path: String,
        call: impl FnOnce(&OpenFolder, &str) -> io::Result<T> + Send + 'static,
    ) -> FsResult<T> {
        check_paths(&[&path])?;
        self.with_folder(fd, move |folder| call(folder, &path))
            .await
    }

    /// Does something with either.
    pub(super) async fn with_either<T: Send + 'static>(
        &mut self,
        fd: &Fd,
        call: impl FnOnce(&Descriptor) -> io::Result<T> + Send + 'static,
    ) -> FsResult<T> {
        let descriptor = self.descriptor(fd)?;
        let elsewhere = descriptor.elsewhere().clone();
        blocking(&elsewhere, move || call(&descriptor)).await
    }

    pub(super) fn write_stream(
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
        self.shared.table.push(writer, 0).map_err(FsError::trap)
    }
}

pub(super) fn stream_place(file: &OpenFile) -> FsResult<OpenPlace> {
    OpenPlace::take(file.guest()).map_err(|error| code_of(&error).into())
}
