//! What is known of the official images of Vault and `OpenBao`.

use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. Paths and the user follow the Dockerfile and the entrypoint (<https://github.com/hashicorp/vault>, `Dockerfile`
/// and `.release/docker`), numbers of user and group the official chart (`server.uid`, `server.gid` of
/// <https://github.com/hashicorp/vault-helm>), which also says which version is current (0.34.1: 2.0.4, tested with
/// 1.19 to 1.21 as well). `HashiCorp` fixes no last month for the community edition of a line: it ends with the next line.
pub(super) static VAULT: Table = Table {
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
    lines: &[vault("1.19"), vault("1.20"), vault("1.21"), vault("2.0"), vault("2.1")],
};

const fn vault(version: &'static str) -> Line {
    Line { version, end_of_life: None, mount: "/vault/data" }
}

/// The table. The user and the folder follow the Dockerfile (<https://github.com/openbao/openbao>; the program is also there as
/// `vault`), their numbers the chart (<https://github.com/openbao/openbao-helm>). Only the newest line is maintained
/// (<https://openbao.org/community/policies/support/>).
pub(super) static OPENBAO: Table = Table {
    title: "OpenBao",
    image: "openbao/openbao",
    default: "2.7.2",
    prefix: "",
    user: User { uid: 100, gid: 1000 },
    alpine: None,
    ports: &[(super::API, super::API_PORT), (super::CLUSTER, super::CLUSTER_PORT)],
    config: "/openbao/config/openbao.hcl",
    ready: "`/v1/sys/health` says unsealed, active or standby",
    drain: 60,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "its storage is that of Vault: it waits for the disk at each write, and Vault's maintainers hold the locks of NFS for too weak to keep two nodes apart",
        source: "openbao.org/docs/configuration/storage/raft; hashicorp/vault#4236",
        instead: "use a class of block storage or of local disks",
    },
    lines: &[openbao("2.5"), openbao("2.6"), openbao("2.7")],
};

const fn openbao(version: &'static str) -> Line {
    Line { version, end_of_life: None, mount: "/openbao/data" }
}

/// Releases of May 2026 whose program carries the capability `IPC_LOCK` in its file: the kernel does not run it where a
/// pod may not have the capability (<https://github.com/hashicorp/vault/issues/31977>; the releases are those of
/// <https://github.com/hashicorp/web-unified-docs/pull/2479>; taken back by the next ones).
const WANTS_IPC_LOCK: [&str; 4] = ["1.19.17", "1.20.11", "1.21.6", "2.0.1"];

/// A version of Vault's official image.
pub type VaultRelease = Version<super::Vault>;

/// A version of `OpenBao`'s official image.
pub type OpenbaoRelease = Version<super::Openbao>;

/// The same for both.
const UPGRADES: Upgrades = Upgrades {
    steps: Steps::Any,
    up: "a snapshot first (`operator raft snapshot save`), then the standbys, and the active node last",
    down: "never: an earlier release is not made to read the storage of a later one; restore the snapshot",
    source: "developer.hashicorp.com/vault/docs/upgrading; openbao.org/docs/upgrading",
};

impl Released for super::Vault {
    const TABLE: &'static Table = &VAULT;
    const UPGRADES: Upgrades = UPGRADES;
}

impl Released for super::Openbao {
    const TABLE: &'static Table = &OPENBAO;
    const UPGRADES: Upgrades = UPGRADES;
}

impl OpenbaoRelease {
    /// Whether its program has the seals of clouds: from 2.7 on they are plugins, which the image does not have
    /// (<https://openbao.org/docs/2.6.x/configuration/seal/>).
    fn cloud_seals(&self) -> bool {
        self.line().version != "2.7"
    }

    /// Reports a way of unsealing that the program does not have; `at` is the tier's place.
    pub(super) fn check_runs(&self, fields: &super::NodeFields, at: &Route, sink: &mut Sink) {
        if fields.unseal.of_a_cloud() && !self.cloud_seals() {
            let message = format!("OpenBao {} has no seals of clouds", self.as_str());
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at.join("unseal"), message)
                    .note("from 2.7 on they are plugins, which its image does not have")
                    .help("use `transit` or `manual`, or the version 2.6"),
            );
        }
    }
}

impl VaultRelease {
    /// Reports a version whose program no restricted pod may run; `at` is the tier's place.
    pub(super) fn check_runs(&self, _: &super::NodeFields, at: &Route, sink: &mut Sink) {
        if WANTS_IPC_LOCK.contains(&self.as_str()) {
            let message = format!("a pod that adds no capability cannot run Vault {}", self.as_str());
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at.join("version"), message)
                    .note("the program's file carries IPC_LOCK, which restricted pods may not have")
                    .help("use a later release of the same line"),
            );
        }
    }
}

/// The same for both but the name of the program.
macro_rules! procedures {
    ($program:literal) => {
        Procedures {
            backup: &[
                stage(
                    "kubectl port-forward {pod} -n {namespace} 8200:8200 &",
                    concat!("the snapshot is taken here, after `", $program, " login`"),
                ),
                stage(concat!($program, " operator raft snapshot save {name}.snap"), "the way back"),
            ],
            restore: &[
                stage(
                    "kubectl port-forward {pod} -n {namespace} 8200:8200 &",
                    "to a node that is initialised, unsealed and active",
                ),
                stage(
                    concat!($program, " operator raft snapshot restore -force {name}.snap"),
                    "it needs the keys of the cluster that made it",
                ),
            ],
            before_upgrade: &[],
            after_upgrade: &[
                stage(
                    concat!("kubectl exec {pod} -n {namespace} -- ", $program, " status"),
                    "it says which is the active node: that one comes last",
                ),
                stage(
                    "kubectl delete pod POD -n {namespace}",
                    concat!("nothing happens until pods are deleted: the standbys one at a time, each unsealed and ready before the next; then `", $program, " operator step-down`, and the one that was active"),
                ),
            ],
            removals: &[Removal {
                what: "voters",
                before: &[
                    stage(
                        concat!("kubectl exec {pod} -n {namespace} -- ", $program, " operator raft remove-peer {last}"),
                        concat!("after `", $program, " login` in it: a node that is only gone still counts to the majority; where {last} is the active one, `", $program, " operator step-down` comes first"),
                    ),
                    stage(
                        concat!("kubectl exec {pod} -n {namespace} -- ", $program, " operator raft list-peers"),
                        "without {last}, there is a leader before the next one is taken out",
                    ),
                ],
                after: &[],
            }],
            without_data: &[],
        }
    };
}

/// By hand (developer.hashicorp.com/vault/docs/upgrading; developer.hashicorp.com/vault/docs/commands/operator/raft).
pub(super) static PROCEDURES: Procedures = procedures!("vault");

/// By hand (openbao.org/docs/upgrading; openbao.org/docs/commands/operator/raft).
pub(super) static OPENBAO_PROCEDURES: Procedures = procedures!("bao");

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) {
        let release = VaultRelease::parse(text).unwrap();
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
        assert_eq!((VaultRelease::standard().as_str(), VAULT.drain), ("2.0.4", 60));
    }

    #[test]
    fn line_2_1() {
        row("2.1.1");
    }

    fn row_of_openbao(text: &str, cloud_seals: bool) {
        let release = OpenbaoRelease::parse(text).unwrap();
        assert_eq!((release.user(), release.line().mount), (User { uid: 100, gid: 1000 }, "/openbao/data"));
        assert_eq!(release.image(None), format!("openbao/openbao:{text}"));
        assert_eq!(release.cloud_seals(), cloud_seals);
    }

    #[test]
    fn openbao_2_5() {
        row_of_openbao("2.5.5", true);
    }

    #[test]
    fn openbao_2_6() {
        row_of_openbao("2.6.4", true);
    }

    #[test]
    fn openbao_2_7() {
        row_of_openbao("2.7.2", false);
        assert_eq!(OpenbaoRelease::standard().as_str(), OPENBAO.default);
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["1.18", "1.2", "2", "2.2", "latest", "v2.0.4", ""] {
            assert!(VaultRelease::parse(text).is_none(), "{text}");
        }
    }
}
