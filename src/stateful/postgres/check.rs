//! What cannot work.

use super::{Backend, PostgresFields, Release, settings};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::stateful::backup::{Backup, BackupTarget};
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, NO_FAILOVER};
use crate::stateful::setting::reserved;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(fields: &PostgresFields, at: &Route, sink: &mut Sink) {
    if fields.backend == Backend::Plain {
        topology(fields, at, sink);
        let version = fields.version.clone().unwrap_or_else(Release::standard);
        version.check_image(fields.image.as_ref(), &at.join("image"), sink);
        backend(fields, at, sink);
        if let Some(it) = &fields.backup {
            backup(it, &at.join("backup"), sink);
        }
    }
    if let Some(it) = &fields.backup {
        it.check(&at.join("backup"), sink);
    }
    names(fields, at, sink);
    settings_and_scripts(fields, at, sink);
}

/// What only the operator can do.
fn backend(fields: &PostgresFields, at: &Route, sink: &mut Sink) {
    let asked = [("pooler", fields.pooler.is_some()), ("monitor", fields.monitor.is_some())];
    for (key, _) in asked.into_iter().filter(|(_, asked)| *asked) {
        let message = format!("plain PostgreSQL here has no `{key}`");
        sink.push(
            Diagnostic::at_key(&IMPOSSIBLE_TOPOLOGY, &at.join(key), message)
                .help(format!("write `backend: operator`, or remove `{key}`")),
        );
    }
}

/// What of a backup the Jobs of a plain tier cannot do.
fn backup(backup: &Backup, at: &Route, sink: &mut Sink) {
    let to = at.join("to");
    match &backup.to {
        BackupTarget::Snapshot(_) => sink.push(
            Diagnostic::at_key(
                &IMPOSSIBLE_TOPOLOGY,
                &to.join("snapshot"),
                "plain PostgreSQL here makes no snapshots",
            )
            .note("its backups are dumps of all databases")
            .help("write `claim` or `objectStore`, or `backend: operator`"),
        ),
        BackupTarget::Store(it) if it.endpoint.is_none() && it.region.is_none() => sink.push(
            Diagnostic::at_key(
                &MISSING_FIELD,
                &to.join("objectStore"),
                "a bucket at Amazon without its region",
            )
            .help("add `region`; or `endpoint`, where it is another server"),
        ),
        BackupTarget::Store(_) | BackupTarget::Claim(_) => {}
    }
}

fn topology(fields: &PostgresFields, at: &Route, sink: &mut Sink) {
    let replicas = &at.join("replicas");
    if !matches!(fields.replicas, 1 | 2) {
        let message = format!(
            "plain PostgreSQL here is one server, or a primary and one standby, not {} replicas",
            fields.replicas
        );
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, replicas, message)
                .help("use `replicas: 1` for one server, or `replicas: 2` for a primary and one standby")
                .help("write `backend: operator` for more, and for failover"),
        );
    }
    if fields.replicas != 2 {
        return;
    }
    if fields.replication_password.is_none() {
        let message = "two replicas without `replicationPassword`";
        sink.push(
            Diagnostic::at_value(&MISSING_FIELD, replicas, message)
                .note("the standby logs in at the primary to copy it")
                .help("add `replicationPassword` with `secret` and `key`"),
        );
    }
    let message = "nothing promotes the standby when the primary fails";
    sink.push(
        Diagnostic::at_value(&NO_FAILOVER, replicas, message)
            .note("writes stop until the primary is back or a person promotes the standby")
            .help("know the procedure in docs/engines/postgres.md, or write `backend: operator`"),
    );
}

/// Names reach environment variables, probes and scripts: only those that mean the same everywhere.
fn names(fields: &PostgresFields, at: &Route, sink: &mut Sink) {
    let mut check = |name: &str, at: &Route| {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if !starts || name.len() > 63 || !name.chars().all(inner) {
            let message = format!("`{name}` is no name of a database or role");
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, at, message)
                    .help("use at most 63 letters, digits, `_` and `-`, not beginning with `-`"),
            );
        }
    };
    check(&fields.database, &at.join("database"));
    check(&fields.owner, &at.join("owner"));
    for (index, name) in fields.databases.iter().enumerate() {
        check(name, &at.join("databases").index(index));
    }
    if fields.backend == Backend::Plain && fields.owner == "replicator" || fields.owner.starts_with("pg_") {
        let message = format!("the role `{}` is not free", fields.owner);
        sink.push(Diagnostic::at_value(&BAD_VALUE, &at.join("owner"), message).note(
            "`replicator` is the standby's role, and names that begin with `pg_` are the server's own",
        ));
    }
}

fn settings_and_scripts(fields: &PostgresFields, at: &Route, sink: &mut Sink) {
    for name in fields.config.keys() {
        let Some(instead) = settings::reserved(name.as_str(), fields.backend) else { continue };
        sink.push(reserved(name.as_str(), instead, &at.join("config").join(name.as_str())));
    }
    for key in fields.init.keys() {
        let (endings, note): (&[&str], _) = match fields.backend {
            Backend::Plain => (&[".sh", ".sql"], "the image runs files by their ending and ignores others"),
            Backend::Operator => (&[".sql"], "the operator runs SQL alone"),
        };
        if !endings.iter().any(|it| key.as_str().ends_with(it)) {
            let endings = endings.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or ");
            let message = format!("`{key}` would not run");
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at.join("init").join(key.as_str()), message)
                    .note(note)
                    .help(format!("end the key with {endings}")),
            );
        }
    }
}
