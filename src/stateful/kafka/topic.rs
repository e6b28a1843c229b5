//! Topics, and the identity of a cluster.

use indexmap::IndexMap;
use schemars::JsonSchema;

use crate::diag::Diagnostic;
use crate::model::codes::BAD_VALUE;
use crate::model::decode::{Cx, Decode, Key, Place};
use crate::model::macros::model;
use crate::stateful::setting::{Setting, SettingName};

model! {
    /// A topic.
    pub struct Topic {
        /// How many partitions; more can be added later, none taken away.
        "partitions" partitions: u32,
        /// How many copies of each; as many as the tier's topics have otherwise.
        "replicas" replicas: Option<u32>,
        /// Settings of the topic: `retention.ms`, `cleanup.policy`.
        "config" config: IndexMap<SettingName, Setting>,
    }
}

/// A topic's name: at most 249 letters, digits, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicName(String);

impl TopicName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What Kafka's metrics make of the name: two topics must not share it.
    #[must_use]
    pub fn in_metrics(&self) -> String {
        self.0.replace('.', "_")
    }
}

impl Key for TopicName {
    fn key(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() || text.len() > 249 || !text.chars().all(allowed) || matches!(text, "." | "..") {
            return Err(format!(
                "`{text}` is no topic's name: at most 249 letters, digits, `.`, `_` and `-`"
            ));
        }
        if text.starts_with("__") {
            return Err(format!("`{text}` is a name of Kafka's own topics, which begin with `__`"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl JsonSchema for TopicName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TopicName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,249}$" })
    }
}

/// How a person makes a cluster's id.
pub(super) const MAKE_AN_ID: &str = "make one with `head -c 16 /dev/urandom | base64 | tr +/ -_ | tr -d =` \
     (`kafka-storage.sh random-uuid` does the same), and never change it: the disks are formatted with it";

/// The id of a cluster: 16 bytes in base64 for URLs, without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterId(String);

impl ClusterId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a text, or none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        // 22 characters have four bits more than 16 bytes, which Java's decoder leaves out, whatever they are.
        let whole = text.len() == 22 && text.chars().all(allowed);
        // A `-` in front is an option to Kafka's tools. Kafka keeps the first numbers for itself.
        let free = !text.starts_with('-') && !text.starts_with("AAAAAAAAAAAAAAAAAAAA");
        (whole && free).then(|| Self(text.to_owned()))
    }
}

impl Decode for ClusterId {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = &cx.text(at.node, "the id of a cluster")?.text;
        let id = Self::parse(text);
        if id.is_none() {
            let message = format!("`{text}` is no id of a cluster");
            cx.push(
                Diagnostic::at_span(&BAD_VALUE, at.node.span, message)
                    .note("it is 22 characters: 16 bytes in base64 for URLs, without `=`, not beginning with `-`")
                    .help(MAKE_AN_ID),
            );
        }
        id
    }
}

impl JsonSchema for ClusterId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KafkaClusterId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_-]{21}$" })
    }
}

/// Who votes about the cluster's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controllers {
    /// Every broker.
    Combined,
    /// So many nodes of their own.
    Separate(u32),
}

impl Decode for Controllers {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = &cx.text(at.node, "`combined` or a number of controllers")?.text;
        match (&**text, text.parse()) {
            ("combined", _) => Some(Self::Combined),
            (_, Ok(number @ 1..=9)) => Some(Self::Separate(number)),
            _ => {
                let message =
                    format!("`{text}` is neither `combined` nor a number of controllers from 1 to 9");
                cx.push(
                    Diagnostic::at_span(&BAD_VALUE, at.node.span, message)
                        .help("write `combined`, where each broker is a controller too, or `3`"),
                );
                None
            }
        }
    }
}

impl JsonSchema for Controllers {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KafkaControllers".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [{ "type": "string", "enum": ["combined"] }, { "type": "integer", "minimum": 1, "maximum": 9 }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_clusters() {
        // The second one, which many have copied, ends in bits that no byte has.
        for good in ["iFuzZaKKhLr1KqIlkS0NNQ", "MkU3OEVBNTcwNTJENDM2Qk"] {
            assert!(ClusterId::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "iFuzZaKKhLr1KqIlkS0NN",
            "iFuzZaKKhLr1KqIlkS0NNQ==",
            "-FuzZaKKhLr1KqIlkS0NNQ",
            "iFuzZaKKhLr1KqIlkS0+NQ",
            "AAAAAAAAAAAAAAAAAAAAAQ",
        ] {
            assert!(ClusterId::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn names_of_topics() {
        assert_eq!(TopicName::key("billing.events-v1").unwrap().in_metrics(), "billing_events-v1");
        for bad in ["", ".", "..", "a b", "__consumer_offsets", "ä", &"x".repeat(250)] {
            assert!(TopicName::key(bad).is_err(), "{bad:?}");
        }
    }
}
