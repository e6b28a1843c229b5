//! Buckets, as a stack writes them and as the Job's script makes them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::Bucket;
use crate::model::decode::Key;

/// The name of a bucket, by the rules of S3.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BucketName(String);

impl BucketName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key for BucketName {
    fn key(text: &str) -> Result<Self, String> {
        let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: char| end(c) || c == '-' || c == '.';
        let good = (3..=63).contains(&text.len())
            && text.chars().all(inner)
            && text.starts_with(end)
            && text.ends_with(end)
            && !text.contains("..")
            && text.parse::<std::net::Ipv4Addr>().is_err();
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is no bucket's name: 3 to 63 small letters, digits, `-` and `.`, beginning and ending with a letter or digit"
            ))
        }
    }
}

impl JsonSchema for BucketName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BucketName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$" })
    }
}

/// What the script is told of a bucket.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    name: &'a str,
    versioning: bool,
    lock: bool,
    /// In bytes; none takes a quota away.
    quota: Option<i128>,
}

pub(super) fn lines(buckets: &IndexMap<BucketName, Bucket>) -> Vec<Line<'_>> {
    buckets
        .iter()
        .map(|(name, it)| Line {
            name: name.as_str(),
            versioning: it.versioning,
            lock: it.object_lock,
            quota: it.quota.as_ref().map(crate::model::Quantity::whole),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_s3() {
        for good in ["abc", "my.bucket-1", "000"] {
            assert!(BucketName::key(good).is_ok(), "{good}");
        }
        for bad in ["ab", "Abc", "-ab", "ab.", "a..b", "10.0.0.1", "a_b", &"a".repeat(64)] {
            assert!(BucketName::key(bad).is_err(), "{bad}");
        }
    }
}
