//! What cannot work.

use super::settings::{BLOCKS, KNOWN, file_store, memory_store};
use super::stream::{is_subject, overlap};
use super::{NatsTier, StorageKind, Stream};
use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, STORE_TOO_SMALL, check_grace, even_quorum};
use crate::stateful::setting::SettingName;

/// Seconds that a server takes to give up its leaderships and close its store, beside the time for its clients.
const CLOSING: u64 = 15;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &NatsTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    voters(fields.replicas, &at.join("replicas"), sink);
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    login(tier, at, sink);
    stopping(tier, at, sink);
    KNOWN.check(&fields.config, &at.join("config"), sink);
    for name in fields.config.keys() {
        setting_name(name, &at.join("config").join(name.as_str()), sink);
    }
    streams(tier, &at.join("streams"), sink);
    room(tier, &at.join("streams"), sink);
}

/// `JetStream`'s metadata is a Raft group of all servers.
fn voters(replicas: u32, at: &Route, sink: &mut Sink) {
    if replicas == 0 {
        let message = "no server at all";
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message)
                .help("use `replicas: 1` or `replicas: 3`"),
        );
    } else if replicas.is_multiple_of(2) {
        sink.push(even_quorum(at, replicas));
    }
}

fn login(tier: &NatsTier, at: &Route, sink: &mut Sink) {
    let Some(user) = &tier.fields.user else { return };
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if user.is_empty() || !user.chars().all(good) {
        let message = format!("`{user}` is no user that a URL can name as it is");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("user"), message)
                .help("use letters, digits, `_`, `-` and `.`"),
        );
    }
    if tier.fields.password.is_none() {
        let message = "`user` without `password`";
        sink.push(Diagnostic::at_key(&MISSING_FIELD, &at.join("user"), message).help(
            "add `password` with `secret` and `key`, or remove `user`: without a password, all are let in",
        ));
    }
}

fn stopping(tier: &NatsTier, at: &Route, sink: &mut Sink) {
    let duck = tier.fields.lame_duck.seconds();
    let why = format!(
        "clients are sent away for {duck} s (`lameDuckDuration`), and then the server takes up to {CLOSING} s to close its store"
    );
    let least = u32::try_from(duck + CLOSING).unwrap_or(u32::MAX);
    check_grace(tier.fields.grace, least, why, at, sink);
    if duck < 11 {
        let message = format!("a `lameDuckDuration` of {duck} s leaves no time for clients");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("lameDuckDuration"), message)
                .note("its first 10 s pass before the first client is sent away")
                .help("use 30s or more"),
        );
    }
}

/// The server takes `Port` for `port`: a name that only looks different would evade the reserved ones.
fn setting_name(name: &SettingName, at: &Route, sink: &mut Sink) {
    let text = name.as_str();
    let block = text.split_once('.').map(|(block, rest)| (block, rest.contains('.')));
    let known = block.is_none_or(|(block, deeper)| BLOCKS.contains(&block) && !deeper);
    if text.contains(|c: char| c.is_ascii_uppercase()) || !known {
        let message = format!("`{text}` is no setting that can be written here");
        sink.push(Diagnostic::at_key(&BAD_VALUE, at, message).help(
            "use the server's name in small letters, with `jetstream.` or `cluster.` before what is in these blocks",
        ));
    }
}

fn streams(tier: &NatsTier, at: &Route, sink: &mut Sink) {
    let mut seen: Vec<(&str, Route)> = Vec::new();
    for (name, stream) in &tier.fields.streams {
        let at = at.join(name.as_str());
        copies(tier, stream, &at, sink);
        if stream.subjects.is_empty() {
            let message = format!("the stream `{name}` has no subjects");
            sink.push(Diagnostic::at_key(&MISSING_FIELD, &at, message).help("add `subjects`: what it keeps"));
        }
        for (index, subject) in stream.subjects.iter().enumerate() {
            let at = at.join("subjects").index(index);
            if !is_subject(subject) {
                sink.push(no_subject(subject, &at));
            } else if let Some((other, place)) = seen.iter().find(|(it, _)| overlap(it, subject)) {
                let message =
                    format!("a message may be of `{subject}` and of `{other}`, which is another stream's");
                sink.push(
                    Diagnostic::at_value(&BAD_VALUE, &at, message)
                        .also(At::Node(place.clone(), Part::Value), "here")
                        .note("a subject belongs to one stream; the server refuses the second")
                        .help("make the subjects exclude each other"),
                );
            } else {
                seen.push((subject, at));
            }
        }
        consumers(stream, &at.join("consumers"), sink);
    }
}

fn copies(tier: &NatsTier, stream: &Stream, at: &Route, sink: &mut Sink) {
    let Some(copies) = stream.replicas else { return };
    let (at, servers) = (&at.join("replicas"), tier.fields.replicas);
    if copies == 0 || copies > 5 || copies > servers {
        let message = format!("{copies} copies of a stream on {servers} servers");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, at, message)
                .help(format!("use 1 to {}, an odd number", servers.clamp(1, 5))),
        );
    } else if copies.is_multiple_of(2) {
        sink.push(even_quorum(at, copies));
    }
}

fn consumers(stream: &Stream, at: &Route, sink: &mut Sink) {
    for (name, consumer) in &stream.consumers {
        let at = at.join(name.as_str()).join("subjects");
        for (index, subject) in consumer.subjects.iter().enumerate() {
            let at = at.index(index);
            if !is_subject(subject) {
                sink.push(no_subject(subject, &at));
            } else if !stream.subjects.iter().any(|it| overlap(it, subject)) {
                let message = format!("the stream keeps nothing of `{subject}`");
                sink.push(
                    Diagnostic::at_value(&BAD_VALUE, &at, message)
                        .note("the consumer would never deliver anything")
                        .help(format!(
                            "use a part of {}",
                            crate::diag::and_list(stream.subjects.iter().map(String::as_str))
                        )),
                );
            }
        }
    }
}

fn no_subject(subject: &str, at: &Route) -> Diagnostic {
    Diagnostic::at_value(&BAD_VALUE, at, format!("`{subject}` is no subject"))
        .help("use tokens between dots, `*` for one token and `>` for all that follow, such as `orders.*.paid` or `orders.>`")
}

/// A server reserves the largest size of each stream that it keeps.
fn room(tier: &NatsTier, at: &Route, sink: &mut Sink) {
    let stores = [
        (StorageKind::File, "jetstream.max_file_store", file_store(tier), "four fifths of `storage`"),
        (
            StorageKind::Memory,
            "jetstream.max_memory_store",
            memory_store(tier),
            "a quarter of the memory limit",
        ),
    ];
    for (kind, setting, store, share) in stores {
        // Whoever sets the store sees to it that streams fit.
        if tier.fields.config.keys().any(|it| it.as_str() == setting) {
            continue;
        }
        let sized = |(_, it): &(_, &Stream)| it.storage == kind;
        let bytes = |it: &Stream| {
            let size = it.max_bytes.as_ref().map_or(0, crate::model::Quantity::whole);
            size * i128::from(tier.copies(it))
        };
        let wanted: i128 = tier.fields.streams.iter().filter(sized).map(|(_, it)| bytes(it)).sum();
        let has = i128::from(store) * i128::from(tier.fields.replicas);
        if wanted > has {
            let message = format!(
                "the streams in {} reserve {} MiB with their copies, the servers have {} MiB",
                if kind == StorageKind::File { "files" } else { "memory" },
                wanted >> 20,
                has >> 20,
            );
            sink.push(
                Diagnostic::at_key(&STORE_TOO_SMALL, at, message)
                    .note(format!("each server keeps streams of at most {} MiB, {share}", store >> 20))
                    .help(format!(
                        "raise it, lower `maxBytes` or the copies, or write `config: {{ {setting}: … }}`"
                    )),
            );
        }
    }
}
