//! What cannot work.

use super::MongodbTier;
use super::settings::{CACHE, KNOWN};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, check_grace, even_quorum};
use crate::stateful::pieces;

/// The least seconds to stop: a member sends clients elsewhere for 15 before it closes its files
/// (`shutdownTimeoutMillisForSignaledShutdown`), which takes some more.
const STOPPING: u32 = 20;
/// The least memory that the smallest cache and some connections fit in, in MiB.
const LEAST_MEMORY: u64 = 512;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &MongodbTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    members(fields.replicas, &at.join("replicas"), sink);
    name("replicaSet", &fields.replica_set, at, sink);
    name("database", &fields.database, at, sink);
    name("user", &fields.user, at, sink);
    KNOWN.check(&fields.config, &at.join("config"), sink);
    memory(tier, at, sink);
    let why = "a member sends its clients elsewhere for up to 15 s, and then writes a checkpoint";
    check_grace(fields.grace, STOPPING, why, at, sink);
}

fn members(replicas: u32, at: &Route, sink: &mut Sink) {
    if replicas == 0 || replicas > 7 {
        let message = format!("a replica set has one to seven voters, not {replicas}");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message)
                .help("use 1 for a single member, or 3, 5 or 7 for failover"),
        );
    } else if replicas.is_multiple_of(2) {
        sink.push(even_quorum(at, replicas));
    }
}

/// The names stand in an address, where other characters would have to be written in another way.
fn name(key: &str, text: &str, at: &Route, sink: &mut Sink) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if text.is_empty() || text.len() > 63 || !text.chars().all(fits) {
        let message = format!("`{text}` cannot stand in the tier's address");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join(key), message)
                .help("use at most 63 letters, digits, `_` and `-`"),
        );
    }
}

fn memory(tier: &MongodbTier, at: &Route, sink: &mut Sink) {
    let Some(limit) = pieces::memory_limit(tier.common.resources.as_deref()) else { return };
    let place = at.join("resources").join("limits").join("memory");
    if limit >> 20 < LEAST_MEMORY {
        let message = format!("{} MiB is less than the smallest cache and its connections take", limit >> 20);
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &place, message).help(format!("use `{LEAST_MEMORY}Mi` or more")),
        );
    }
    let cache = tier.fields.config.iter().find(|(name, _)| name.as_str() == CACHE);
    let cache = cache.and_then(|(_, it)| it.text().parse::<f64>().ok()).filter(|it| it.is_finite());
    // Exact up to 2^53 bytes.
    #[allow(clippy::cast_precision_loss, reason = "a limit of more than eight pebibytes is no limit")]
    let most = (limit >> 20) as f64 / 1024.0 * 0.8;
    if let Some(cache) = cache.filter(|it| *it > most) {
        let message = format!("a cache of {cache} GiB leaves too little of the memory limit");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("config").join(CACHE), message)
                .note("connections, sorts and the file system's cache come on top, and the kernel kills what is above the limit")
                .help(format!("use at most {most:.2}, 80 % of the limit")),
        );
    }
}
