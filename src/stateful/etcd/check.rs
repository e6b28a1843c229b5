//! What cannot work.

use super::release::PROBED_3_5;
use super::{EtcdTier, Release};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::stateful::codes::{
    IMPOSSIBLE_TOPOLOGY, STORE_TOO_SMALL, UNKNOWN_VERSION, check_grace, even_quorum,
};
use crate::stateful::setting::{Kind, Known};

/// Seconds that a leader takes at most to hand over, with what closing the database takes.
const HANDING_OVER: u32 = 15;

/// What is known of the server's settings.
static KNOWN: Known = Known {
    kinds: &[
        ("auto-compaction-mode", Kind::Word(&["periodic", "revision"])),
        ("election-timeout", Kind::Integer),
        ("heartbeat-interval", Kind::Integer),
        ("log-level", Kind::Word(&["debug", "info", "warn", "error", "panic", "fatal"])),
        ("max-request-bytes", Kind::Integer),
        ("max-snapshots", Kind::Integer),
        ("max-txn-ops", Kind::Integer),
        ("max-wals", Kind::Integer),
        ("metrics", Kind::Word(&["basic", "extensive"])),
        ("pre-vote", Kind::Switch),
        ("quota-backend-bytes", Kind::Integer),
        ("snapshot-count", Kind::Integer),
        ("strict-reconfig-check", Kind::Switch),
    ],
    reserved: &[
        ("advertise-client-urls", ""),
        ("auto-tls", "use `certificate`"),
        ("cert-file", "use `certificate`"),
        ("client-cert-auth", "use `clientCertAuth`"),
        ("config-file", "write the settings themselves"),
        ("data-dir", ""),
        ("discovery", ""),
        ("discovery-srv", ""),
        ("force-new-cluster", "do it by hand, once: docs/engines/etcd.md"),
        ("initial-advertise-peer-urls", ""),
        ("initial-cluster", "use `replicas`"),
        ("initial-cluster-state", "use `initialClusterState`"),
        ("initial-cluster-token", ""),
        ("key-file", "use `certificate`"),
        ("listen-client-http-urls", ""),
        ("listen-client-urls", ""),
        ("listen-metrics-urls", ""),
        ("listen-peer-urls", ""),
        ("name", ""),
        ("peer-auto-tls", ""),
        ("peer-cert-file", ""),
        ("peer-client-cert-auth", ""),
        ("peer-key-file", ""),
        ("peer-trusted-ca-file", ""),
        ("trusted-ca-file", "use `certificate`"),
        ("wal-dir", ""),
    ],
};

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &EtcdTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    let replicas = &at.join("replicas");
    if fields.replicas == 0 {
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, replicas, "no member at all")
                .help("use `replicas: 1` or `replicas: 3`"),
        );
    } else if fields.replicas.is_multiple_of(2) {
        sink.push(even_quorum(replicas, fields.replicas));
    }
    version(&fields.version, &at.join("version"), sink);
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    if fields.client_cert_auth && fields.certificate.is_none() {
        sink.push(
            Diagnostic::at_value(
                &MISSING_FIELD,
                &at.join("clientCertAuth"),
                "`clientCertAuth` without `certificate`",
            )
            .help("add `certificate`: its authority is the one that clients' certificates must be of"),
        );
    }
    let why = "a leader first hands over to another member, and the database is closed";
    check_grace(fields.grace, HANDING_OVER, why, at, sink);
    let config = at.join("config");
    KNOWN.check(&fields.config, &config, sink);
    for (name, value) in &fields.config {
        if name.as_str().contains(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')) {
            let message = format!("`{}` is no argument of the server", name.as_str());
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &config.join(name.as_str()), message)
                    .help("use the argument's name without `--`, such as `snapshot-count`"),
            );
        }
        if name.as_str() == "quota-backend-bytes" {
            quota(tier, value.text(), &config.join(name.as_str()), sink);
        }
    }
}

/// Only whole tags are published, and the probes need a certain patch.
fn version(version: &Release, at: &Route, sink: &mut Sink) {
    let text = version.as_str();
    match version.patch() {
        None => sink.push(
            Diagnostic::at_value(&UNKNOWN_VERSION, at, format!("there is no image with the tag `{text}`"))
                .help(format!("write all three numbers, such as `{}`", Release::standard().as_str())),
        ),
        Some(patch) if version.line().version == "3.5" && patch < PROBED_3_5 => sink.push(
            Diagnostic::at_value(
                &UNKNOWN_VERSION,
                at,
                format!("`{text}` does not answer the probes `/livez` and `/readyz`"),
            )
            .help(format!("use v3.5.{PROBED_3_5} or later")),
        ),
        Some(_) => {}
    }
}

fn quota(tier: &EtcdTier, text: &str, at: &Route, sink: &mut Sink) {
    // Text that is no number is reported as such.
    let Ok(quota) = text.parse::<i128>() else { return };
    let room = tier.storage.size.whole() / 2;
    if quota > room {
        let message = format!(
            "a database of {} MiB does not fit twice on a volume of {} MiB",
            quota >> 20,
            (room * 2) >> 20
        );
        sink.push(
            Diagnostic::at_value(&STORE_TOO_SMALL, at, message)
                .note("defragmentation writes the database a second time, beside the log")
                .help("raise `storage`, or lower the quota"),
        );
    }
    if quota <= 0 {
        sink.push(
            Diagnostic::at_value(
                &BAD_VALUE,
                at,
                "a quota of nothing means the server's default to it, not none",
            )
            .help("write a number of bytes, or remove the key"),
        );
    }
}
