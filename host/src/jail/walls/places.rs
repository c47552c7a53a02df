//! Files, ports, and what can be done to other processes: Landlock.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, LandlockStatus,
    PathBeneath, PathFd, RestrictionStatus, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
    RulesetError, Scope, make_bitflags,
};

use crate::jail::needs::Right;
use crate::jail::{JailError, Needs, Part};

/// The newest that this was tested with; of an older one, there is what it has.
const TESTED: ABI = ABI::V7;

/// What must stay open as long as the walls are to let it through.
pub(super) type Held = Vec<PathFd>;

/// What is confined, since which Landlock, and what is said where it is not.
const PARTS: [(&str, ABI, &str); 5] = [
    (
        "files",
        ABI::V1,
        "files, ports and signals (Linux 5.19 does, with Landlock enabled)",
    ),
    (
        "truncation",
        ABI::V3,
        "the truncation of files (Linux 6.2 does)",
    ),
    ("ports", ABI::V4, "TCP ports (Linux 6.7 does)"),
    ("devices", ABI::V5, "commands to devices (Linux 6.10 does)"),
    ("signals", ABI::V6, "signals (Linux 6.12 does)"),
];

/// What came of it.
pub(super) struct Confined {
    pub(super) held: Held,
    pub(super) parts: Vec<Part>,
    /// What is missing, as `Jail::gaps` lists it.
    pub(super) gaps: Vec<&'static str>,
}

/// Confines this thread and those that it starts.
pub(super) fn confine(needs: &Needs) -> Result<Confined, JailError> {
    let held = needs.places.iter().filter_map(|(place, right)| {
        // One that is not there, or out of reach already, needs no rule; neither does a pipe without a name, such as a
        // shell's `<(…)`, which nothing guards.
        let handle = PathFd::new(place).ok().filter(is_of_a_file_system)?;
        Some((place, handle, rights(*right, place)))
    });
    let held: Vec<_> = held.collect();
    let status = restrict(needs, &held).map_err(JailError::of)?;
    let in_proc = held
        .into_iter()
        .filter(|(place, ..)| place.starts_with("/proc"));
    let abi = abi(&status);
    Ok(Confined {
        held: in_proc.map(|(_, handle, _)| handle).collect(),
        parts: parts(needs, abi),
        gaps: gaps(needs, abi),
    })
}

/// Whether it has a name of its own, and is no pipe or socket that only a descriptor leads to.
fn is_of_a_file_system(handle: &PathFd) -> bool {
    const PIPES: rustix::fs::FsWord = 0x5049_5045;
    const SOCKETS: rustix::fs::FsWord = 0x534f_434b;
    let kind = rustix::fs::fstatfs(handle).map(|status| status.f_type);
    !kind.is_ok_and(|kind| matches!(kind, PIPES | SOCKETS))
}

fn restrict(
    needs: &Needs,
    places: &[(&PathBuf, PathFd, BitFlags<AccessFs>)],
) -> Result<RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default();
    if !needs.places.is_empty() {
        // The first Landlock lets nobody rename a file into another folder, which a host does all the time.
        rules = rules
            .set_compatibility(CompatLevel::SoftRequirement)
            .handle_access(AccessFs::Refer)?
            .set_compatibility(CompatLevel::BestEffort);
    }
    rules = rules
        .handle_access(AccessFs::from_all(TESTED))?
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::from_all(TESTED))?;
    if !needs.connects {
        rules = rules.handle_access(AccessNet::ConnectTcp)?;
    }
    let mut rules = rules.create()?;
    for (_, handle, rights) in places {
        rules = rules.add_rule(PathBeneath::new(handle, *rights))?;
    }
    rules.restrict_self()
}

fn rights(right: Right, place: &Path) -> BitFlags<AccessFs> {
    let rights = match right {
        Right::Read => make_bitflags!(AccessFs::{ReadFile | ReadDir}),
        Right::Start => make_bitflags!(AccessFs::{ReadFile | Execute}),
        Right::RemoveFolders => AccessFs::RemoveDir.into(),
        Right::Change => make_bitflags!(AccessFs::{
            ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | MakeSym | RemoveFile
                | RemoveDir | Refer
        }),
    };
    match place.is_dir() {
        true => rights,
        false => rights & AccessFs::from_file(TESTED),
    }
}

fn abi(status: &RestrictionStatus) -> ABI {
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => effective_abi,
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => ABI::Unsupported,
    }
}

/// The least with which a process can be confined that needs this.
fn least(needs: &Needs) -> ABI {
    match needs.places.is_empty() {
        true => ABI::V1,
        false => ABI::V2,
    }
}

/// All parts, and which of them are on.
fn parts(needs: &Needs, abi: ABI) -> Vec<Part> {
    let parts = PARTS.into_iter();
    parts
        .map(|(part, since, _)| (part, abi >= since.max(least(needs))))
        .collect()
}

fn gaps(needs: &Needs, abi: ABI) -> Vec<&'static str> {
    let [(.., without_any), ..] = PARTS;
    if abi < least(needs) {
        return vec![without_any];
    }
    let missing = PARTS.into_iter().filter(|(_, since, _)| abi < *since);
    missing.map(|(.., what)| what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    #[test]
    fn a_pipe_without_a_name_can_still_be_read() {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(b"secret").expect("written");
        drop(writer);
        let place = format!("/proc/self/fd/{}", reader.as_raw_fd());
        // It is this thread alone that is confined.
        let confined = std::thread::spawn(move || {
            let mut needs = Needs::default();
            needs.read(&place);
            let _confined = confine(&needs).expect("confined");
            let outside = std::fs::read_to_string("/etc/passwd");
            (std::fs::read_to_string(place), outside)
        });
        let (pipe, outside) = confined.join().expect("no panic");
        assert_eq!(pipe.expect("read"), "secret");
        assert!(outside.is_err());
    }

    #[test]
    fn what_a_kernel_does_not_confine_is_named() {
        let mut needs = Needs::default();
        needs.read("/etc/hosts");
        let on = |abi| {
            let parts = parts(&needs, abi).into_iter();
            parts.filter(|(_, is_on)| *is_on).count()
        };
        assert_eq!([ABI::V1, ABI::V2, ABI::V5, ABI::V7].map(on), [0, 1, 4, 5]);
        let gaps = |abi| gaps(&needs, abi).join(", ");
        for abi in [ABI::Unsupported, ABI::V1] {
            assert!(gaps(abi).starts_with("files, ports and signals"), "{abi:?}");
        }
        assert!(gaps(ABI::V2).starts_with("the truncation of files"));
        assert!(gaps(ABI::V3).starts_with("TCP ports"));
        assert_eq!(gaps(ABI::V5), "signals (Linux 6.12 does)");
        assert_eq!(gaps(ABI::V7), "");
        // Nothing of a compiler is renamed, so the first is enough for it.
        let compiler = super::gaps(&Needs::default(), ABI::V1);
        assert!(compiler[0].starts_with("the truncation"), "{compiler:?}");
    }
}
