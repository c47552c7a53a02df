//! What functions take up of what an account has.

use std::ops::{AddAssign, SubAssign};

use crate::domain::FunctionRecord;

/// What all functions together take up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Functions.
    pub functions: usize,
    /// Bytes of the packages of all their versions.
    pub package_bytes: u64,
    /// Concurrency that is reserved for single functions.
    pub reserved_concurrency: u64,
    /// Concurrency that is provisioned for functions which have none reserved.
    pub provisioned_concurrency: u64,
}

impl Usage {
    /// What one function takes up. Of the concurrency that is what is reserved for it, or else what is
    /// provisioned.
    pub(super) fn of(record: &FunctionRecord) -> Self {
        let package_bytes = record.codes().map(|code| code.package_bytes).sum();
        let (reserved_concurrency, provisioned_concurrency) = match record.reserved_concurrency {
            Some(reserved) => (reserved.into(), 0),
            None => (0, record.provisioned_concurrency()),
        };
        Self {
            functions: 1,
            package_bytes,
            reserved_concurrency,
            provisioned_concurrency,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.functions += other.functions;
        self.package_bytes += other.package_bytes;
        self.reserved_concurrency += other.reserved_concurrency;
        self.provisioned_concurrency += other.provisioned_concurrency;
    }
}

impl SubAssign for Usage {
    fn sub_assign(&mut self, other: Self) {
        self.functions -= other.functions;
        self.package_bytes -= other.package_bytes;
        self.reserved_concurrency -= other.reserved_concurrency;
        self.provisioned_concurrency -= other.provisioned_concurrency;
    }
}
