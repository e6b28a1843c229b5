//! What is known of the official images of Vault.

use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};

/// The table. Paths and the user follow the Dockerfile and the entrypoint (<https://github.com/hashicorp/vault>, `Dockerfile`
/// and `.release/docker`), numbers of user and group the official chart (`server.uid`, `server.gid` of
/// <https://github.com/hashicorp/vault-helm>), which also says which version is current (0.34.1: 2.0.4, tested with
/// 1.19 to 1.21 as well). `HashiCorp` fixes no last month for the community edition of a line: it ends with the next line.
pub(super) static TABLE: Table = Table {
    title: "Vault",
    image: "hashicorp/vault",
    default: "2.0.4",
    prefix: "",
    // Alpine gives the first free system user and the first free group.
    user: User { uid: 100, gid: 1000 },
    alpine: None,
    ports: &[(super::API, super::API_PORT), (super::CLUSTER, super::CLUSTER_PORT)],
    config: "/vault/config/vault.hcl",
    ready: "`/v1/sys/health` says unsealed, active or standby",
    drain: 60,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "it waits for the disk at each write, and the maintainers hold the locks of NFS for too weak to keep two nodes apart",
        source: "developer.hashicorp.com: Vault with Integrated Storage Reference Architecture; hashicorp/vault#4236",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[
        Line { version: "1.19", end_of_life: None, mount: MOUNT },
        Line { version: "1.20", end_of_life: None, mount: MOUNT },
        Line { version: "1.21", end_of_life: None, mount: MOUNT },
        Line { version: "2.0", end_of_life: None, mount: MOUNT },
        Line { version: "2.1", end_of_life: None, mount: MOUNT },
    ],
};

const MOUNT: &str = "/vault/data";

/// Releases of May 2026 whose program carries the capability `IPC_LOCK` in its file: the kernel does not run it where a
/// pod may not have the capability (<https://github.com/hashicorp/vault/issues/31977>; the releases are those of
/// <https://github.com/hashicorp/web-unified-docs/pull/2479>; taken back by the next ones).
const WANTS_IPC_LOCK: [&str; 4] = ["1.19.17", "1.20.11", "1.21.6", "2.0.1"];

/// A version of the official image.
pub type Release = Version<super::Vault>;

impl Released for super::Vault {
    const TABLE: &'static Table = &TABLE;
}

impl Release {
    /// Reports a version whose program no restricted pod may run.
    pub(super) fn check_runs(&self, at: &Route, sink: &mut Sink) {
        if WANTS_IPC_LOCK.contains(&self.as_str()) {
            let message = format!("a pod that adds no capability cannot run Vault {}", self.as_str());
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, at, message)
                    .note("the program's file carries IPC_LOCK, which restricted pods may not have")
                    .help("use a later release of the same line"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) {
        let release = Release::parse(text).unwrap();
        assert_eq!((release.user(), release.line().mount), (User { uid: 100, gid: 1000 }, "/vault/data"));
        assert_eq!(release.image(None), format!("hashicorp/vault:{text}"));
        assert!(text.starts_with(release.line().version));
    }

    #[test]
    fn line_1_19() {
        row("1.19");
    }

    #[test]
    fn line_1_20() {
        row("1.20.14");
    }

    #[test]
    fn line_1_21() {
        row("1.21.9");
    }

    #[test]
    fn line_2_0() {
        row("2.0.4");
        assert_eq!((Release::standard().as_str(), TABLE.drain), ("2.0.4", 60));
    }

    #[test]
    fn line_2_1() {
        row("2.1.1");
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["1.18", "1.2", "2", "2.2", "latest", "v2.0.4", ""] {
            assert!(Release::parse(text).is_none(), "{text}");
        }
    }
}
