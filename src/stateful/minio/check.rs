//! What cannot work.

use super::{MinioTier, erasure};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, STORE_TOO_SMALL, check_grace};
use crate::stateful::setting::{Kind, Known};

/// Seconds that a server gives the requests it has begun (`shutdownTimeout` in its `cmd/signals.go`), and some.
const FINISHING: u32 = 65;

/// What is known of the server's variables.
static KNOWN: Known = Known {
    kinds: &[
        ("MINIO_API_REQUESTS_MAX", Kind::Integer),
        ("MINIO_BROWSER", Kind::Word(&["on", "off", "true", "false"])),
    ],
    reserved: &[
        ("MINIO_ACCESS_KEY", "use `rootUser`"),
        ("MINIO_ACCESS_KEY_FILE", "use `rootUser`"),
        ("MINIO_ADDRESS", ""),
        ("MINIO_CONFIG_ENV_FILE", "write the variables themselves"),
        ("MINIO_CONSOLE_ADDRESS", ""),
        ("MINIO_OPTS", ""),
        ("MINIO_ROOT_PASSWORD", "use `rootPassword`"),
        ("MINIO_ROOT_PASSWORD_FILE", "use `rootPassword`"),
        ("MINIO_ROOT_USER", "use `rootUser`"),
        ("MINIO_ROOT_USER_FILE", "use `rootUser`"),
        ("MINIO_SECRET_KEY", "use `rootPassword`"),
        ("MINIO_SECRET_KEY_FILE", "use `rootPassword`"),
        ("MINIO_UPDATE", ""),
        ("MINIO_VOLUMES", "use `replicas`"),
    ],
};

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &MinioTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    topology(fields.replicas, &at.join("replicas"), sink);
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    check_grace(fields.grace, FINISHING, "the server gives the requests that it has begun 60 s", at, sink);
    let config = at.join("config");
    KNOWN.check(&fields.config, &config, sink);
    for name in fields.config.keys() {
        variable(name.as_str(), &config.join(name.as_str()), sink);
    }
    quotas(tier, &at.join("buckets"), sink);
}

fn topology(replicas: u32, at: &Route, sink: &mut Sink) {
    if replicas == 1 || erasure::set(replicas).is_some() {
        return;
    }
    let (message, note) = if replicas < 4 {
        (
            format!("{replicas} servers cannot keep objects in parts"),
            "parts and their parity need four drives",
        )
    } else {
        (
            format!("{replicas} servers cannot be divided evenly into sets of 4 to 16 drives"),
            "the server would not start",
        )
    };
    sink.push(
        Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message).note(note).help(
            "use `replicas: 1` for a single server, or 4 to 16 servers (or a multiple of such a number)",
        ),
    );
}

fn variable(name: &str, at: &Route, sink: &mut Sink) {
    let good = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with("MINIO_") || !name.chars().all(good) {
        let message = format!("`{name}` is no variable of the server");
        sink.push(Diagnostic::at_key(&BAD_VALUE, at, message).help("use a name such as `MINIO_SITE_REGION`"));
    }
    // What the stack writes here is read by everybody who reads the pod.
    if ["PASSWORD", "SECRET", "TOKEN"].iter().any(|it| name.contains(it)) && !name.ends_with("_FILE") {
        let known = KNOWN.reserved.iter().any(|(key, _)| *key == name);
        if !known {
            let message = format!("`{name}` is a secret, and this is no place for one");
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, at, message)
                    .help("set it with `mc admin config set`, which keeps it encrypted in the store"),
            );
        }
    }
}

fn quotas(tier: &MinioTier, at: &Route, sink: &mut Sink) {
    let has = erasure::usable(tier.fields.replicas, tier.storage.size.whole());
    for (name, bucket) in &tier.fields.buckets {
        let Some(quota) = &bucket.quota else { continue };
        if quota.whole() > has {
            let message =
                format!("the quota of {quota} is more than the {} MiB that the servers can hold", has >> 20);
            sink.push(
                Diagnostic::at_value(&STORE_TOO_SMALL, &at.join(name.as_str()).join("quota"), message)
                    .note("what is kept for parity is not counted")
                    .help("raise `storage`, or lower the quota"),
            );
        }
    }
}
