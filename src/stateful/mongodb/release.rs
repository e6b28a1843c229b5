//! What is known of the official image of `MongoDB`.

use crate::stateful::procedure::{Procedures, Removal, stage};
use crate::stateful::release::{Line, NetworkStorage, Released, Table, User, Version};
use crate::stateful::upgrade::{Steps, Upgrades};

/// The table. User, paths and volumes follow the Dockerfiles (<https://github.com/docker-library/mongo>), last releases
/// <https://www.mongodb.com/legal/support-policy/lifecycles>.
pub(super) static TABLE: Table = Table {
    title: "MongoDB",
    image: "mongo",
    default: "8.0.17",
    prefix: "",
    user: User { uid: 999, gid: 999 },
    alpine: None,
    ports: &[(super::PORT_NAME, super::PORT)],
    config: "/etc/mongodb/mongod.conf",
    ready: "`mongosh` pings it, in whatever state the member is",
    drain: 120,
    network_storage: NetworkStorage {
        ruled_out: false,
        known: "WiredTiger works on remote file systems that are POSIX, and is slower there; NFS wants `bg`, `hard`, `nolock`, `noatime` and `nointr`",
        source: "mongodb.com/docs: Production Notes, Remote Filesystems (NFS)",
        instead: "use a class of block storage or of local disks; or say `mountOptions: [hard, nolock, noatime]`, and accept the finding",
    },
    lines: &[
        Line { version: "7.0", end_of_life: Some("2027-08"), mount: super::settings::DATA },
        Line { version: "8.0", end_of_life: Some("2029-10"), mount: super::settings::DATA },
    ],
};

/// A version of the official image.
pub type Release = Version<super::Mongodb>;

impl Released for super::Mongodb {
    const TABLE: &'static Table = &TABLE;
    const UPGRADES: Upgrades = Upgrades {
        steps: Steps::Each,
        up: "one major at a time; after the last member `setFeatureCompatibilityVersion`, without which the next major does not start",
        down: "not supported in the Community edition: restore a dump",
        source: "mongodb.com/docs: Release Notes, upgrade and downgrade",
    };
}

/// By hand (mongodb.com/docs/manual/release-notes: upgrade a replica set; mongodb.com/docs/manual/tutorial/remove-replica-set-member).
pub(super) static PROCEDURES: Procedures = Procedures {
    backup: &[
        stage(
            "kubectl port-forward {pod} -n {namespace} 27017:27017 &",
            "the dump runs here, and asks for the password",
        ),
        stage(
            "mongodump --host localhost --port 27017 -u {user} --authenticationDatabase admin --archive={name}.archive --gzip",
            "every database, in one file",
        ),
    ],
    restore: &[
        stage(
            "kubectl port-forward {pod} -n {namespace} 27017:27017 &",
            "the restore runs here, and asks for the password; {pod} must be the primary",
        ),
        stage(
            "mongorestore --host localhost --port 27017 -u {user} --authenticationDatabase admin --archive={name}.archive --gzip --drop",
            "the new members began empty",
        ),
    ],
    before_upgrade: &[
        stage(
            "kubectl exec -it {pod} -n {namespace} -- mongosh -u {user} -p --authenticationDatabase admin --eval 'db.adminCommand({ getParameter: 1, featureCompatibilityVersion: 1 })'",
            "it must say {from}: the next major does not start on data of an earlier one",
        ),
        stage(
            "kubectl exec -it {pod} -n {namespace} -- mongosh -u {user} -p --authenticationDatabase admin --eval 'rs.status().members.map(m => m.stateStr)'",
            "every member is PRIMARY or SECONDARY before the first is replaced",
        ),
    ],
    after_upgrade: &[stage(
        "kubectl exec -it {pod} -n {namespace} -- mongosh -u {user} -p --authenticationDatabase admin --eval 'db.adminCommand({ setFeatureCompatibilityVersion: \"{to}\", confirm: true })'",
        "on the primary, when the new version has run well for a while: there is no way back from here",
    )],
    removals: &[Removal {
        what: "voters",
        before: &[
            stage(
                "kubectl exec -it {pod} -n {namespace} -- mongosh -u {user} -p --authenticationDatabase admin --eval 'rs.remove(\"{last}.{domain}:27017\")'",
                "on the primary, which `rs.stepDown()` moves away from {last}: a member that is only gone still counts to the majority",
            ),
            stage(
                "kubectl exec -it {pod} -n {namespace} -- mongosh -u {user} -p --authenticationDatabase admin --eval 'rs.status().members.map(m => m.name + \" \" + m.stateStr)'",
                "without {last}, each is PRIMARY or SECONDARY before the next one is taken out",
            ),
        ],
        after: &[],
    }],
    without_data: &[],
};
