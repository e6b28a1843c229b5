//! Streams and their consumers, as a stack writes them and as `JetStream` reads them.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use crate::model::decode::Key;
use crate::model::macros::{model, words};
use crate::model::{Duration, Quantity};

/// The name of a stream or consumer: letters, digits, `_` and `-`, as it becomes part of subjects and file names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamName(String);

impl StreamName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Key for StreamName {
    fn key(text: &str) -> Result<Self, String> {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        // The server allows 255; both names must fit into one key of a ConfigMap.
        if (1..=100).contains(&text.len()) && !text.starts_with('-') && text.chars().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is no name of a stream or consumer: at most 100 letters, digits, `_` and `-`"
            ))
        }
    }
}

impl JsonSchema for StreamName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StreamName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$" })
    }
}

words! {
    /// When a stream lets go of a message.
    pub enum Retention {
        /// When a limit of age, size or number is reached.
        "limits" Limits,
        /// When every consumer has acknowledged it.
        "interest" Interest,
        /// When one consumer has acknowledged it.
        "workqueue" WorkQueue,
    }

    /// Where a stream is kept.
    pub enum StorageKind {
        /// On the volume.
        "file" File,
        /// In memory: gone when all of its servers restart.
        "memory" Memory,
    }

    /// What a full stream does.
    pub enum Discard {
        /// Drop the oldest message.
        "old" Old,
        /// Refuse the new message.
        "new" New,
    }

    /// What a consumer must acknowledge.
    pub enum AckPolicy {
        /// Each message.
        "explicit" Explicit,
        /// A message, and with it all before it.
        "all" All,
        /// Nothing: what is delivered is done.
        "none" None,
    }
}

model! {
    /// A stream of `JetStream`.
    pub struct Stream {
        /// The subjects whose messages it keeps; `*` stands for one token, a final `>` for the rest.
        "subjects" subjects: Vec<String>,
        /// When it lets go of a message. Cannot be changed to or from `workqueue` later.
        "retention" retention: Retention = Retention::Limits,
        /// Where it is kept. Cannot be changed later.
        "storage" storage: StorageKind = StorageKind::File,
        /// How many servers keep it; three, or all where there are fewer, unless given.
        "replicas" replicas: Option<u32>,
        /// How old messages may get.
        "maxAge" max_age: Option<Duration>,
        /// How large it may get; the servers reserve it.
        "maxBytes" max_bytes: Option<Quantity>,
        /// How many messages it may have.
        "maxMessages" max_messages: Option<u32>,
        /// How many messages a subject may have.
        "maxMessagesPerSubject" max_messages_per_subject: Option<u32>,
        /// How large a message may be.
        "maxMessageSize" max_message_size: Option<Quantity>,
        /// What it does when it is full.
        "discard" discard: Discard = Discard::Old,
        /// For how long a message id is remembered, so that a message that is sent twice is kept once.
        "duplicateWindow" duplicate_window: Duration = Duration::parse("2m").ok()?,
        /// Consumers that outlive their clients, which pull from them.
        "consumers" consumers: IndexMap<StreamName, Consumer>,
    }

    /// A durable pull consumer of a stream.
    pub struct Consumer {
        /// The subjects that it delivers; all of the stream's unless given.
        "subjects" subjects: Vec<String>,
        /// What must be acknowledged.
        "ackPolicy" ack_policy: AckPolicy = AckPolicy::Explicit,
        /// After which time a message that is not acknowledged is delivered again.
        "ackWait" ack_wait: Duration = Duration::parse("30s").ok()?,
        /// How often a message is delivered at most; without end unless given.
        "maxDeliver" max_deliver: Option<u32>,
        /// How many messages may wait for their acknowledgement.
        "maxAckPending" max_ack_pending: u32 = 1000,
    }
}

impl Stream {
    /// The stream as the API of `JetStream` has it, with `copies` servers that keep it. What is not limited is written as
    /// such, so that an update takes a limit away that the stack no longer has.
    pub(super) fn json(&self, name: &StreamName, copies: u32) -> String {
        let bytes = |it: &Option<Quantity>| it.as_ref().map_or(-1, Quantity::whole);
        let count = |it: Option<u32>| it.map_or(-1, i64::from);
        text(&json!({
            "name": name.as_str(),
            "subjects": self.subjects,
            "retention": self.retention.as_str(),
            "storage": self.storage.as_str(),
            "num_replicas": copies,
            "max_age": self.max_age.as_ref().map_or(0, nanoseconds),
            "max_bytes": i64::try_from(bytes(&self.max_bytes)).unwrap_or(i64::MAX),
            "max_msgs": count(self.max_messages),
            "max_msgs_per_subject": count(self.max_messages_per_subject),
            "max_msg_size": i64::try_from(bytes(&self.max_message_size)).unwrap_or(i64::MAX),
            "max_consumers": -1,
            "discard": self.discard.as_str(),
            "duplicate_window": nanoseconds(&self.duplicate_window),
        }))
    }
}

impl Consumer {
    /// The consumer as the API of `JetStream` has it.
    pub(super) fn json(&self, name: &StreamName) -> String {
        let mut found = json!({
            "durable_name": name.as_str(),
            "name": name.as_str(),
            "deliver_policy": "all",
            "replay_policy": "instant",
            "ack_policy": self.ack_policy.as_str(),
            "max_deliver": self.max_deliver.map_or(-1, i64::from),
        });
        if let Some(map) = found.as_object_mut() {
            // The server refuses what would have no effect.
            if self.ack_policy != AckPolicy::None {
                map.insert("ack_wait".to_owned(), nanoseconds(&self.ack_wait).into());
                map.insert("max_ack_pending".to_owned(), self.max_ack_pending.into());
            }
            filter(map, &self.subjects);
        }
        text(&found)
    }
}

fn filter(map: &mut Map<String, Value>, subjects: &[String]) {
    match subjects {
        [] => {}
        [one] => {
            map.insert("filter_subject".to_owned(), one.as_str().into());
        }
        several => {
            map.insert("filter_subjects".to_owned(), several.into());
        }
    }
}

fn nanoseconds(span: &Duration) -> u64 {
    span.millis().saturating_mul(1_000_000)
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Whether a text is a subject: tokens without spaces between dots, `>` only as the last.
pub(super) fn is_subject(text: &str) -> bool {
    let mut tokens = text.split('.').peekable();
    let mut good = true;
    while let Some(token) = tokens.next() {
        let plain = !token.is_empty()
            && !token.contains(|c: char| c.is_whitespace() || c.is_control() || c == '*' || c == '>');
        good &= plain || token == "*" || token == ">" && tokens.peek().is_none();
    }
    good
}

/// Whether a message may have a subject of both.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) | (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some(a), Some(b)) if a == b || a == "*" || b == "*" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        for good in ["a", "a.b", "a.*.c", "a.>", ">", "*", "$JS.x"] {
            assert!(is_subject(good), "{good}");
        }
        for bad in ["", "a.", ".a", "a b", "a.>.b", "a*", "a..b"] {
            assert!(!is_subject(bad), "{bad}");
        }
    }

    #[test]
    fn overlapping_subjects() {
        for (one, other) in [("a", "a"), ("a.*", "a.b"), ("a.>", "a.b.c"), (">", "a"), ("*.b", "a.*")] {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
        for (one, other) in [("a", "b"), ("a", "a.b"), ("a.>", "a"), ("a.*", "a.b.c"), ("*.b", "*.c")] {
            assert!(!overlap(one, other) && !overlap(other, one), "{one} {other}");
        }
    }

    #[test]
    fn names_are_parts_of_subjects() {
        assert!(StreamName::key("ORDERS_v2-x").is_ok());
        for bad in ["", "a.b", "a b", "-a", "a*", "a/b", &"x".repeat(101)] {
            assert!(StreamName::key(bad).is_err(), "{bad}");
        }
    }
}
