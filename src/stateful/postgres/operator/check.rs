//! What the operator cannot run, or would refuse.

use super::super::{PostgresFields, PostgresTier};
use super::{PostgresPooler, release};
use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::model::{Cluster, Version};
use crate::stateful::backup::{Backup, BackupTarget, Keep};
use crate::stateful::codes::{BACKUP_STOPS_WRITES, IMPOSSIBLE_TOPOLOGY, check_grace};
use crate::stateful::setting::Known;

/// The oldest operator with Services of our own (1.24), `Database` (1.25) and the Barman Cloud plugin, which asks for
/// 1.26.
const OLDEST: Version = Version::new(1, 26);
/// "the maximum length of a cluster name is 50 characters", its validating webhook; the label of RFC 1035 is from there, too.
const LONGEST_NAME: usize = 50;
/// The fewest seconds of which enough is left after the clients' tenth: the server's part must be 15 at least.
const SHORTEST_STOP: u32 = 17;
/// What is there, or is the server's own.
const DATABASES: [&str; 3] = ["postgres", "template0", "template1"];
/// The superuser, and the roles of standbys and poolers.
const ROLES: [&str; 3] = ["postgres", "streaming_replica", "cnpg_pooler_pgbouncer"];

/// Settings of PgBouncer that the operator decides.
static POOLER: Known = Known {
    kinds: &[],
    reserved: &[
        ("auth_file", ""),
        ("auth_hba_file", ""),
        ("auth_query", ""),
        ("auth_type", ""),
        ("auth_user", ""),
        ("listen_addr", ""),
        ("listen_port", ""),
        ("pool_mode", "use `mode`"),
        ("unix_socket_dir", ""),
    ],
};

/// Reports everything; `at` is the tier's place.
pub(in super::super) fn check(tier: &PostgresTier, at: &Route, cluster: &Cluster, sink: &mut Sink) {
    let fields = &tier.fields;
    operator(cluster, at, sink);
    shape(tier, at, sink);
    image(fields, at, sink);
    names(fields, at, sink);
    if let Some(pooler) = &fields.pooler {
        self::pooler(pooler, &at.join("pooler"), sink);
    }
    if let Some(backup) = &fields.backup {
        self::backup(backup, !tier.replicated(), &at.join("backup"), sink);
    }
}

fn bad(at: &Route, message: impl Into<String>) -> Diagnostic {
    Diagnostic::at_value(&BAD_VALUE, at, message)
}

fn operator(cluster: &Cluster, at: &Route, sink: &mut Sink) {
    let version = cluster.cloudnative_pg;
    if version < OLDEST {
        let declared = Route::of(&["cluster", "cloudnative-pg"]);
        let message = format!("CloudNativePG {version} lacks what this tier is made of");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("backend"), message)
                .also(At::Node(declared, Part::Value), "its version is declared here")
                .help(format!("use CloudNativePG {OLDEST} or newer, or `backend: plain`")),
        );
    }
}

/// Numbers, and what other components may say but the operator decides.
fn shape(tier: &PostgresTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    if fields.replicas == 0 {
        let message = "a cluster without servers";
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("replicas"), message)
                .help("use `replicas: 1`, or 2 and more for failover"),
        );
    }
    if let Some(grace) = fields.grace {
        let why = "a tenth of the time is for clients to leave, and the server needs 15 s at least";
        check_grace(grace, SHORTEST_STOP, why, at, sink);
    }
    let name = at.steps().last().unwrap_or_default();
    if name.len() > LONGEST_NAME || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        let message =
            format!("the operator takes names of {LONGEST_NAME} characters at most that begin with a letter");
        sink.push(Diagnostic::at_key(&BAD_VALUE, at, message).help("rename the tier"));
    }
    let account = tier.common.service_account.as_ref().filter(|it| it.as_str() != name);
    if account.is_some() {
        sink.push(
            bad(&at.join("serviceAccount"), "the operator names the ServiceAccount after the tier")
                .help("remove `serviceAccount`"),
        );
    }
    if tier.common.disruption.is_some() {
        let message = "the operator makes the disruption budgets";
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("disruption"), message)
                .note("one keeps the primary until another is promoted, one all standbys but one")
                .help("remove `disruption`"),
        );
    }
    if tier.storage.volume.is_some() {
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("volume"), "the operator makes the claims itself")
                .note("it gives them new names when it replaces a server, so no volume can be kept for one")
                .help("remove `volume`, or use `backend: plain`"),
        );
    }
    if fields.password.key.as_str() != "password" {
        sink.push(
            bad(&at.join("password").join("key"), "the operator reads the key `password`")
                .help("write `key: password`, and call it so under `secrets`: `password: NAME IN THE STORE`"),
        );
    }
}

fn image(fields: &PostgresFields, at: &Route, sink: &mut Sink) {
    let version = release::version(fields);
    if let Some(written) = fields.version.as_ref().filter(|_| release::given(fields).is_none()) {
        let message = format!("`{}` is no tag of the operator's images", written.as_str());
        sink.push(
            bad(&at.join("version"), message)
                .note("they are built on Debian, and have tags such as `17.11-standard-trixie`")
                .help(format!("write `version: {}`", version.as_str())),
        );
        return;
    }
    let at = at.join("image");
    match &fields.image {
        Some(image) if release::tagged(image).is_none() => sink.push(
            bad(&at, format!("the image `{image}` does not say which PostgreSQL it has"))
                .note("the operator reads it from the tag")
                .help(format!("tag it with the version first, such as `{}`", version.as_str())),
        ),
        image => version.check_image(image.as_ref(), &at, sink),
    }
}

fn names(fields: &PostgresFields, at: &Route, sink: &mut Sink) {
    let taken = |name: &str, at: &Route, what: &str, help: &str| {
        bad(at, format!("the {what} `{name}` is not free"))
            .note("with the operator, what belongs to the superuser is the operator's alone")
            .help(help)
    };
    if ROLES.contains(&fields.owner.as_str()) {
        sink.push(taken(&fields.owner, &at.join("owner"), "role", "write `owner: NAME`, with another name"));
    }
    if DATABASES.contains(&fields.database.as_str()) {
        sink.push(taken(
            &fields.database,
            &at.join("database"),
            "database",
            "write `database: NAME`, with another name",
        ));
    }
    let mut seen = vec![fields.database.as_str()];
    for (index, name) in fields.databases.iter().enumerate() {
        let at = at.join("databases").index(index);
        if DATABASES.contains(&name.as_str()) {
            sink.push(taken(name, &at, "database", "remove it, or give it another name"));
        } else if seen.contains(&name.as_str()) {
            let message = format!("the database `{name}` is there already");
            sink.push(Diagnostic::at_value(&BAD_VALUE, &at, message).help("remove it here"));
        }
        seen.push(name);
    }
}

fn pooler(pooler: &PostgresPooler, at: &Route, sink: &mut Sink) {
    if pooler.instances == 0 {
        let found = bad(&at.join("instances"), "a pooler without pods lets nobody in");
        sink.push(found.help("use 1 or more, or remove `pooler`"));
    }
    POOLER.check(&pooler.config, &at.join("config"), sink);
}

/// `alone`: there is one server.
fn backup(backup: &Backup, alone: bool, at: &Route, sink: &mut Sink) {
    let mut refuse = |at: Route, message: &str, help: &str| {
        sink.push(Diagnostic::at_key(&BAD_VALUE, &at, message).help(help));
    };
    if backup.time_zone.is_some() {
        let message = "the operator reads schedules by its own clock";
        refuse(at.join("timeZone"), message, "remove it, and write the schedule in UTC");
    }
    if backup.deadline.is_some() {
        refuse(at.join("deadline"), "the operator gives a backup the time that it takes", "remove it");
    }
    let to = at.join("to");
    match &backup.to {
        BackupTarget::Claim(_) => sink.push(
            Diagnostic::at_key(
                &IMPOSSIBLE_TOPOLOGY,
                &to.join("claim"),
                "the operator keeps no backups in a claim",
            )
            .help("write `objectStore`, or `snapshot`; dumps into a claim are made with `backend: plain`"),
        ),
        BackupTarget::Store(store) => {
            let to = to.join("objectStore");
            if store.region.is_some() {
                let help = "remove it, and write it into `endpoint`: `https://s3.REGION.amazonaws.com`";
                refuse(to.join("region"), "the operator reads the region from a secret alone", help);
            }
            if store.image.is_some() {
                refuse(to.join("image"), "the operator's plugin has an image of its own", "remove it");
            }
            if matches!(backup.keep, Some(Keep::Count(_))) {
                sink.push(
                    bad(&at.join("keep"), "the operator keeps backups for a time, not a number of them")
                        .help("write a number and `d`, `w` or `m` (months), such as `30d`"),
                );
            }
        }
        BackupTarget::Snapshot(_) => {
            if backup.keep.is_some() {
                let help =
                    "remove it, and delete `Backup` objects that are too old: their snapshots go with them";
                refuse(at.join("keep"), "the operator never removes a snapshot", help);
            }
            if backup.resources.is_some() {
                refuse(at.join("resources"), "no container makes a snapshot", "remove it");
            }
            if alone {
                let message = "each snapshot stops the only server while it is made";
                sink.push(
                    Diagnostic::at_key(&BACKUP_STOPS_WRITES, &to.join("snapshot"), message)
                        .note("of several servers, a standby is stopped")
                        .help("run two servers, or write `objectStore`; or accept the finding where clients can wait"),
                );
            }
        }
    }
}
