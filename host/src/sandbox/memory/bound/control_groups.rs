//! What the control groups around this process allow it to hold: those of version 2 and of version 1, which may both
//! be there, with all groups above its own.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Available;

/// A group of this process, and where it can be looked at.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    /// Where the hierarchy is mounted.
    mounted_at: PathBuf,
    /// Where the group is below that.
    below: PathBuf,
    /// The file with its limit.
    file: &'static str,
}

/// The least limit of any of them; `None` where there is none. `root` is that of the file system.
pub(super) fn least(root: &Path) -> Option<Available> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let groups = groups(&read("proc/self/cgroup"), &read("proc/self/mountinfo"));
    let limits = groups.iter().flat_map(|group| group.limits(root));
    limits.min_by_key(|limit| limit.bytes)
}

/// The groups of a process whose memory is counted.
fn groups(of_process: &str, mounts: &str) -> Vec<Group> {
    let mounts: Vec<Mount> = mounts.lines().filter_map(Mount::read).collect();
    let mut groups = Vec::new();
    for line in of_process.lines() {
        // Its number, its controllers, its path.
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let (kind, file) = match controllers {
            "" => (Kind::Two, "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                (Kind::One, "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let of_kind = mounts.iter().filter(|mount| mount.kind == kind);
        groups.extend(of_kind.map(|mount| Group {
            mounted_at: mount.at.clone(),
            below: mount.below(Path::new(path)),
            file,
        }));
    }
    groups
}

impl Group {
    /// Its own limit, and those of the groups above it as far as they can be seen.
    fn limits(&self, root: &Path) -> Vec<Available> {
        let within_root = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
        let limit = |below: &Path| {
            let path = self.mounted_at.join(below).join(self.file);
            let text = fs::read_to_string(within_root(&path)).ok()?;
            Some(Available {
                // `max`, where there is no limit.
                bytes: text.trim().parse().ok()?,
                by: format!("the limit of the control group, {}", path.display()),
            })
        };
        self.below.ancestors().filter_map(limit).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    One,
    Two,
}

/// A mounted hierarchy of groups.
struct Mount {
    kind: Kind,
    at: PathBuf,
    /// The group that is seen there.
    root: PathBuf,
}

impl Mount {
    /// That of a line of `mountinfo`, where it is one that counts memory.
    fn read(line: &str) -> Option<Self> {
        let (place, kind) = line.split_once(" - ")?;
        // Its number, that of its parent, the device, the root, the place, and more.
        let mut place = place.split(' ').skip(3);
        let (root, at) = (place.next()?, place.next()?);
        let mut kind = kind.split(' ');
        let kind = match (kind.next()?, kind.nth(1)) {
            ("cgroup2", _) => Kind::Two,
            ("cgroup", Some(options)) if options.split(',').any(|option| option == "memory") => {
                Kind::One
            }
            _ => return None,
        };
        Some(Self {
            kind,
            at: unescaped(at).into(),
            root: unescaped(root).into(),
        })
    }

    /// Where a group is below this place. One that lies beside what is seen here has at least that above it.
    fn below(&self, group: &Path) -> PathBuf {
        let below = group.strip_prefix(&self.root).unwrap_or(Path::new(""));
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        match below.components().all(is_plain) {
            true => below.to_owned(),
            false => PathBuf::new(),
        }
    }
}

/// A path of `mountinfo`, where blanks are written as numbers.
fn unescaped(path: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .iter()
    .fold(path.to_owned(), |path, (code, text)| {
        path.replace(code, text)
    })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const V2: &str =
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1: &str = "35 30 0:30 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory\n\
                      36 30 0:31 / /sys/fs/cgroup/cpu rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct\n";

    /// A machine of files: the groups of its process, what is mounted, and files with their texts.
    fn machine(of_process: &str, mounts: &str, files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().expect("a folder");
        let own = [
            ("proc/self/cgroup", of_process),
            ("proc/self/mountinfo", mounts),
        ];
        for (path, text) in own.iter().chain(files) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        root
    }

    #[track_caller]
    fn bytes(of_process: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
        let root = machine(of_process, mounts, files);
        least(root.path()).map(|available| available.bytes)
    }

    #[test]
    fn without_groups_or_without_limits_there_is_no_bound() {
        assert_eq!(bytes("", "", &[]), None);
        let files = [("sys/fs/cgroup/a/memory.max", "max\n")];
        assert_eq!(bytes("0::/a\n", V2, &files), None);
        assert_eq!(least(Path::new("/nowhere")), None);
    }

    #[test]
    fn the_least_limit_of_all_groups_above_counts() {
        let files = [
            ("sys/fs/cgroup/a/memory.max", "2000\n"),
            ("sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("sys/fs/cgroup/a/b/c/memory.max", "3000\n"),
            ("sys/fs/cgroup/other/memory.max", "1\n"),
        ];
        let root = machine("0::/a/b/c\n", V2, &files);
        let least = least(root.path()).expect("a limit");
        assert_eq!(least.bytes, 2000);
        assert!(
            least.by.ends_with("/sys/fs/cgroup/a/memory.max"),
            "{least:?}"
        );
    }

    #[test]
    fn the_first_version_has_its_memory_in_a_hierarchy_of_its_own() {
        let groups = "9:cpu,cpuacct:/x\n8:memory:/docker/1\n";
        let files = [
            (
                "sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            (
                "sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "5000\n",
            ),
            (
                "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes",
                "4000\n",
            ),
            ("sys/fs/cgroup/cpu/x/memory.limit_in_bytes", "1\n"),
        ];
        assert_eq!(bytes(groups, V1, &files), Some(4000));
    }

    #[test]
    fn both_versions_count_where_both_are_there() {
        let mounts = format!(
            "{}{V1}",
            V2.replace("/sys/fs/cgroup rw", "/sys/fs/cgroup/unified rw")
        );
        let groups = "8:memory:/a\n0::/b\n";
        let files = [
            ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4000\n"),
            ("sys/fs/cgroup/unified/b/memory.max", "3000\n"),
        ];
        assert_eq!(bytes(groups, &mounts, &files), Some(3000));
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let files = [("sys/fs/cgroup/memory.max", "7000\n")];
        let mounted = |root: &str| V2.replace("0:26 / ", &format!("0:26 {root} "));
        for (group, root) in [
            ("0::/\n", "/"),
            ("0::/docker/1\n", "/docker/1"),
            ("0::/../other\n", "/"),
            ("0::/elsewhere\n", "/docker/1"),
        ] {
            assert_eq!(bytes(group, &mounted(root), &files), Some(7000), "{group}");
        }
        let below = [("sys/fs/cgroup/in/memory.max", "6000\n"), files[0]];
        assert_eq!(
            bytes("0::/docker/1/in\n", &mounted("/docker/1"), &below),
            Some(6000)
        );
    }

    #[test]
    fn a_place_with_a_blank_is_found() {
        let mounts = V2.replace("/sys/fs/cgroup rw", "/mnt/a\\040b rw");
        let files = [("mnt/a b/memory.max", "10\n")];
        assert_eq!(bytes("0::/\n", &mounts, &files), Some(10));
    }
}
