//! What the arguments of a system call must be.

use seccompiler::{BackendError, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

/// What holds for the arguments of a call, all of it.
pub(super) type Arguments = Vec<Is>;

/// What holds for one argument, of which the kernel reads 32 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Is {
    /// Which it is.
    pub(super) index: u8,
    /// The bits that are looked at.
    pub(super) mask: u64,
    /// What they are.
    pub(super) value: u64,
}

impl Is {
    /// The argument at `index` is this.
    pub(super) fn at(index: u8, value: u64) -> Self {
        Self {
            index,
            mask: u32::MAX.into(),
            value,
        }
    }

    fn condition(self) -> Result<SeccompCondition, BackendError> {
        let Self { index, mask, value } = self;
        // What the kernel does not read may hold anything.
        SeccompCondition::new(
            index,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(mask),
            value,
        )
    }
}

/// The same for seccomp.
pub(super) fn rule(arguments: &Arguments) -> Result<SeccompRule, BackendError> {
    let conditions: Result<Vec<_>, _> = arguments.iter().map(|is| is.condition()).collect();
    SeccompRule::new(conditions?)
}
