//! The interfaces that this host provides, by name.

/// Versions of WASI 0.2 are compatible with each other up to the newest one that is provided.
const WASI_PATCH_MAX: u64 = 12;

/// Interfaces of WASI 0.2. Those of sockets and requests are there and grant nothing by themselves.
const WASI_INTERFACES: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// Interfaces of the native contract.
const OWN_INTERFACES: &[&str] = &[
    "sparkler:function/types@0.1.0",
    "sparkler:function/failure@0.1.0",
    "sparkler:function/log@0.1.0",
    "sparkler:function/response@0.1.0",
];

/// The one version of `wasi:config` that programs are built against; it is not part of WASI 0.2 yet.
const CONFIG_INTERFACE: &str = "wasi:config/store@0.2.0-rc.1";

/// Whether an import of this name can be satisfied.
pub(in crate::sandbox) fn is_provided(import: &str) -> bool {
    if OWN_INTERFACES.contains(&import) || import == CONFIG_INTERFACE {
        return true;
    }
    let mut interfaces = WASI_INTERFACES.iter();
    interfaces.any(|interface| is_compatible(import, interface))
}

/// Whether `name` is `interface` in a version of WASI 0.2 that this host speaks.
pub(in crate::sandbox) fn is_compatible(name: &str, interface: &str) -> bool {
    let Some((named, version)) = name.split_once('@') else {
        return false;
    };
    let patch = version
        .strip_prefix("0.2.")
        .and_then(|patch| patch.parse::<u64>().ok());
    named == interface && patch.is_some_and(|patch| patch <= WASI_PATCH_MAX)
}

#[cfg(test)]
mod tests {
    use super::is_provided;

    #[test]
    fn knows_the_versions_of_wasi_that_are_compatible() {
        assert!(is_provided("wasi:cli/environment@0.2.0"));
        assert!(is_provided("wasi:io/streams@0.2.12"));
        assert!(!is_provided("wasi:io/streams@0.2.13"));
        assert!(!is_provided("wasi:io/streams@0.3.0"));
        assert!(is_provided("wasi:http/outgoing-handler@0.2.0"));
        assert!(!is_provided("wasi:http/incoming-handler@0.2.0"));
        assert!(!is_provided("wasi:cli/environment"));
        assert!(is_provided("wasi:config/store@0.2.0-rc.1"));
        assert!(!is_provided("wasi:config/store@0.2.0"));
        assert!(is_provided("sparkler:function/failure@0.1.0"));
    }
}
