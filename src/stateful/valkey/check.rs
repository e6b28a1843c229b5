//! What cannot work.

use super::servers::Servers;
use super::{HAND_OVER, LEAST_DOWN_AFTER, ValkeyMode, operator, settings};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::Cluster;
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::stateful::codes::{
    IMPOSSIBLE_TOPOLOGY, PRIMARY_BEHIND_SENTINEL, UNREPLICATED, check_grace, even_quorum,
};
use crate::stateful::pieces;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(servers: &Servers<'_>, at: &Route, cluster: &Cluster, sink: &mut Sink) {
    topology(servers, at, sink);
    storage(servers, at, sink);
    settings::KNOWN.check(&servers.fields.config, &at.join("config"), sink);
    memory(servers, at, sink);
    stopping(servers, at, sink);
    if let Some(own) = &servers.operator {
        operator::check(servers, own, at, cluster, sink);
    }
}

fn topology(servers: &Servers<'_>, at: &Route, sink: &mut Sink) {
    let (replicas, at) = (servers.fields.replicas, &at.join("replicas"));
    match (servers.fields.mode, replicas) {
        (ValkeyMode::Cache | ValkeyMode::Persistent, 1) => {}
        (ValkeyMode::Cache | ValkeyMode::Persistent, 0) | (ValkeyMode::Replicated, 0 | 1) => {
            let message = format!("{replicas} replicas are no {} tier", servers.fields.mode.as_str());
            let help = if servers.replicated() {
                "use `replicas: 3`: a primary, two replicas and three Sentinels; or `mode: persistent`"
            } else {
                "use `replicas: 1`"
            };
            sink.push(Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message).help(help));
        }
        (ValkeyMode::Cache | ValkeyMode::Persistent, _) => {
            let message = format!("{replicas} servers that do not replicate are {replicas} unrelated stores");
            sink.push(
                Diagnostic::at_value(&UNREPLICATED, at, message)
                    .note("clients would read from one what they wrote to another")
                    .help("use `replicas: 1`, or `mode: replicated` with `replicas: 3`"),
            );
        }
        (ValkeyMode::Replicated, 2) => {
            let message = "2 Sentinels can never agree without each other";
            sink.push(
                Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message)
                    .note("each server has a Sentinel beside it, and a majority of them chooses the primary")
                    .help("use `replicas: 3`, or one server with `mode: persistent`"),
            );
        }
        (ValkeyMode::Replicated, even) if even.is_multiple_of(2) => sink.push(even_quorum(at, even)),
        (ValkeyMode::Replicated, _) if servers.behind_sentinels() => {
            let message = "clients must ask the Sentinels which server is the primary";
            sink.push(
                Diagnostic::at_value(&PRIMARY_BEHIND_SENTINEL, at, message)
                    .note("the port `server` reaches any server, and replicas refuse writes")
                    .help("give clients the port `sentinel`, `primaryName` and the password, which servers and Sentinels share"),
            );
        }
        (ValkeyMode::Replicated, _) => {}
    }
}

fn storage(servers: &Servers<'_>, at: &Route, sink: &mut Sink) {
    let fields = servers.fields;
    let mode = fields.mode.as_str();
    if fields.mode == ValkeyMode::Cache {
        let written = [("storage", fields.storage.is_some()), ("volume", fields.volume.is_some())];
        for (key, _) in written.into_iter().filter(|(_, it)| *it) {
            let message = format!("a cache keeps nothing on its {key}");
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at.join(key), message)
                    .help(format!("remove `{key}`, or use `mode: persistent`")),
            );
        }
    } else if fields.storage.is_none() {
        let message = format!("`mode: {mode}` without `storage`");
        sink.push(
            Diagnostic::at_value(&MISSING_FIELD, &at.join("mode"), message)
                .help("add `storage`, or use `mode: cache`"),
        );
    }
}

fn memory(servers: &Servers<'_>, at: &Route, sink: &mut Sink) {
    let written = servers.fields.config.iter().find(|(name, _)| name.as_str() == "maxmemory");
    let Some((_, value)) = written else { return };
    let at = &at.join("config").join("maxmemory");
    let Some(bytes) = settings::bytes(value.text()) else {
        let message = format!("`{}` is no size that the server knows", value.text());
        sink.push(Diagnostic::at_value(&BAD_VALUE, at, message).help(
            "write bytes, or a number with `kb`, `mb` or `gb`: `maxmemory` has other units than Kubernetes",
        ));
        return;
    };
    let limit = pieces::memory_limit(servers.common.resources.as_deref());
    if let Some(limit) = limit.filter(|limit| bytes == 0 || bytes >= *limit) {
        let message = format!("the server may take more than the container's {limit} bytes");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, at, message)
                .note("beyond its limit the container is killed: nothing is evicted or refused before")
                .help("remove `maxmemory`, which follows the limit, or write less than the limit"),
        );
    }
}

fn stopping(servers: &Servers<'_>, at: &Route, sink: &mut Sink) {
    // The operator's servers stop without handing over.
    if servers.behind_sentinels() {
        let why = "a primary asks for another, waits up to 20 seconds for it, and then writes what it has";
        check_grace(servers.fields.grace, HAND_OVER, why, at, sink);
    }
    let down_after = servers.fields.down_after;
    if servers.replicated() && down_after < LEAST_DOWN_AFTER {
        let message = format!("after {down_after} seconds a Sentinel may know of no replica to choose");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("downAfterSeconds"), message)
                .note("it asks the replicas every 10 seconds for their state, and needs a fresh answer")
                .help(format!("use {LEAST_DOWN_AFTER} or more")),
        );
    }
}
