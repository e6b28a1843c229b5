//! What cannot work.

use super::RedpandaTier;
use super::settings::{COPIES, KNOWN};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::codes::{self, IMPOSSIBLE_TOPOLOGY};
use crate::stateful::pieces;

/// MiB that a core needs: below that the broker is slow or refuses to start.
const MEMORY_OF_CORE: u64 = 2048;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &RedpandaTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    if fields.replicas == 0 {
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("replicas"), "a cluster without brokers")
                .help("use 1, or 3 or more for copies"),
        );
    } else if fields.replicas.is_multiple_of(2) {
        sink.push(codes::even_quorum(&at.join("replicas"), fields.replicas));
    }
    let config = &at.join("config");
    KNOWN.check(&fields.config, config, sink);
    for name in [COPIES, "internal_topic_replication_factor"] {
        let written = fields.config.iter().find(|(it, _)| it.as_str() == name);
        if let Some(copies) = written.and_then(|(_, it)| it.text().parse().ok()) {
            replication(name, copies, fields.replicas, &config.join(name), sink);
        }
    }
    super::topics::check(tier, &at.join("topics"), sink);
    memory(tier, at, sink);
}

/// Each copy needs a broker, and copies vote.
pub(super) fn replication(name: &str, copies: u32, brokers: u32, at: &Route, sink: &mut Sink) {
    if copies > brokers {
        let message = format!("`{name}` asks for {copies} copies, and there is room for {brokers}");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message)
                .note("each copy is on a broker of its own")
                .help(format!("use {brokers} or fewer, or more `replicas`")),
        );
    } else if copies.is_multiple_of(2) {
        sink.push(codes::even_quorum(at, copies));
    }
}

fn memory(tier: &RedpandaTier, at: &Route, sink: &mut Sink) {
    let Some(limit) = pieces::memory_limit(tier.common.resources.as_deref()).map(|it| it >> 20) else {
        return;
    };
    let cores = tier.cores();
    if limit < cores * MEMORY_OF_CORE && !tier.fields.developer_mode {
        let message = format!("{limit} MiB for {cores} cores is less than {MEMORY_OF_CORE} MiB a core");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("resources").join("limits").join("memory"), message)
                .help(format!("use `{}Mi` or more, or a lower CPU limit", cores * MEMORY_OF_CORE))
                .help("or, where the data does not matter, `developerMode: true`"),
        );
    }
}
