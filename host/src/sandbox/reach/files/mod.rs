//! Files of a guest: `/tmp`, which is its own, `/var/task`, where the package of its function is read, and folders of the
//! host that its function was granted.
//!
//! Every path is resolved below the folder that it begins in, by the kernel or step by step, so neither
//! `..` nor a link leads out of it. What blocks runs on threads that may be blocked, beside those of the
//! guests that take long: a slow disk delays who uses it and nobody else. The inner modules speak of
//! [`std::io`] alone; `wasi` is the door to the guest.

mod host_files;
mod blocking;
mod places;
mod tmp_space;
mod tmp;
mod task;
mod mount;
mod open_file;
mod opening;
mod open_folder;
mod status;
mod listing;
mod error_code;
mod reader;
mod writer;
mod wasi;

#[cfg(test)]
mod tests;

pub(in crate::sandbox) use host_files::HostFiles;
pub(in crate::sandbox) use mount::Mount;
pub(in crate::sandbox) use wasi::Files;
