//! `backup:` of a tier: when copies of its data are made, where they go, and how long they are kept. One form for all
//! engines; each says which targets it can fill.

use std::sync::Arc;

use schemars::JsonSchema;

use super::Credential;
use crate::diag::{Diagnostic, Route, Sink, and_list};
use crate::model::codes::BAD_VALUE;
use crate::model::decode::{Cx, Decode, Place};
use crate::model::macros::{choice, model};
use crate::model::{Cron, Duration, Image, Name, Quantity, Resources, SecretKey, TimeZone};

/// How long the Job that makes a backup may take, in seconds, unless the stack says it.
const DEADLINE: u64 = 6 * 3600;

model! {
    /// Copies of a tier's data by the clock.
    pub struct Backup {
        /// When: five fields of cron, or a word such as `@daily`.
        "schedule" schedule: Cron,
        /// The time zone of the schedule; `Etc/UTC` unless given. Not with an operator, which has a clock of
        /// its own.
        "timeZone" time_zone: Option<TimeZone>,
        /// What is kept: a number of backups, or a time such as `30d`, `4w` or `6m` (months).
        "keep" keep: Option<Keep>,
        /// Where they go.
        "to" to: BackupTarget,
        /// How long making one may take; 6 hours unless given. Not with an operator.
        "deadline" deadline: Option<Duration>,
        /// What the container that makes it asks for and may use.
        "resources" resources: Option<Arc<Resources>>,
    }

    /// A claim for backups, beside those of the data.
    pub struct BackupClaim {
        /// Its size.
        "size" size: Quantity,
        /// The `StorageClass`; the cluster's default unless given. One on other disks than the data's survives with them.
        "storageClass" class: Option<Name>,
    }

    /// A bucket of an S3 server.
    pub struct BackupStore {
        /// `s3://BUCKET/PATH`; the tier's name follows it.
        "path" path: String,
        /// The server's URL, where it is not Amazon's.
        "endpoint" endpoint: Option<String>,
        /// The CA of the server's certificate, where it is not a public one.
        "endpointCA" endpoint_ca: Option<SecretKey>,
        /// The server's region; needed at Amazon. Not with an operator.
        "region" region: Option<Name>,
        /// The id of the access key.
        "accessKeyId" access_key_id: SecretKey,
        /// The secret of the access key.
        "secretAccessKey" secret_access_key: SecretKey,
        /// The image of rclone, which sends and fetches, where another than the official one. Not with an operator.
        "image" image: Option<Image>,
    }

    /// Snapshots of the volumes.
    pub struct BackupSnapshot {
        /// The `VolumeSnapshotClass`; the cluster's default for the volumes' driver unless given.
        "class" class: Option<Name>,
    }
}

choice! {
    /// Where backups go.
    pub enum BackupTarget {
        /// A claim for them.
        "claim" Claim(BackupClaim),
        /// A bucket of an S3 server.
        "objectStore" Store(Box<BackupStore>),
        /// Snapshots of the volumes.
        "snapshot" Snapshot(BackupSnapshot),
    }
}

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// So many backups.
    Count(u32),
    /// Those of so many days, as the text says it.
    Age(u32, Arc<str>),
}

impl Keep {
    /// How many backups are kept, where it is a number.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        if let Self::Count(it) = self { Some(*it) } else { None }
    }

    /// For how many days, where it is a time.
    #[must_use]
    pub fn days(&self) -> Option<u32> {
        if let Self::Age(it, _) = self { Some(*it) } else { None }
    }

    /// `7`, `30d`, `4w`, `6m`. A month has 31 days, as Barman has it.
    fn parse(text: &str) -> Option<Self> {
        let positive = |text: &str| text.parse::<u32>().ok().filter(|it| *it > 0 && !text.starts_with('+'));
        let days = match text.chars().last()? {
            'd' => 1,
            'w' => 7,
            'm' => 31,
            _ => return positive(text).map(Self::Count),
        };
        let number = positive(&text[..text.len() - 1])?;
        // A date before the first one that programs can say is of no use to them.
        let days = number.checked_mul(days).filter(|it| *it <= 36_500)?;
        Some(Self::Age(days, text.into()))
    }
}

impl Decode for Keep {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = &cx.text(at.node, "a number of backups or a time")?.text;
        let keep = Self::parse(text);
        if keep.is_none() {
            let message = format!("`{text}` does not say which backups are kept");
            cx.push(Diagnostic::at_span(&BAD_VALUE, at.node.span, message).help(
                "write a number of backups, or a time: a number and `d`, `w` or `m` (months), such as `30d`",
            ));
        }
        keep
    }
}

impl JsonSchema for Keep {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Keep".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "pattern": "^[1-9][0-9]*[dwm]?$" },
                crate::model::schema::reference(),
            ],
        })
    }
}

impl Backup {
    /// How long a Job may take, in seconds.
    #[must_use]
    pub fn deadline(&self) -> u32 {
        let seconds = self.deadline.as_ref().map_or(DEADLINE, Duration::seconds);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    /// The bucket, where it goes to one.
    #[must_use]
    pub fn store(&self) -> Option<&BackupStore> {
        if let BackupTarget::Store(it) = &self.to { Some(it) } else { None }
    }

    /// The claim, where it goes to one.
    #[must_use]
    pub fn claim(&self) -> Option<&BackupClaim> {
        if let BackupTarget::Claim(it) = &self.to { Some(it) } else { None }
    }

    /// The secrets that it needs.
    #[must_use]
    pub fn credentials(&self) -> Vec<Credential> {
        let keys = self.store().into_iter().flat_map(BackupStore::keys);
        let credential = |(key, word): (&SecretKey, &'static str)| Credential {
            at: ["backup", "to", "objectStore", word].map(Into::into).into(),
            ..key.credential(word)
        };
        keys.map(credential).collect()
    }

    /// Reports what no engine can do; `at` is the place of `backup`.
    pub fn check(&self, at: &Route, sink: &mut Sink) {
        if self.deadline.as_ref().is_some_and(|it| it.seconds() == 0) {
            let message = "a backup that must be done at once";
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at.join("deadline"), message)
                    .help("write how long one may take, such as `6h`"),
            );
        }
        let Some(store) = self.store() else { return };
        let at = at.join("to").join("objectStore");
        address(&at.join("path"), &store.path, &["s3://"], sink);
        if let Some(endpoint) = &store.endpoint {
            address(&at.join("endpoint"), endpoint, &["https://", "http://"], sink);
        }
    }
}

fn address(at: &Route, text: &str, schemes: &[&str], sink: &mut Sink) {
    let fits = |scheme: &&str| text.strip_prefix(*scheme).is_some_and(|rest| !rest.is_empty());
    if !schemes.iter().any(fits) {
        let message = format!("`{text}` does not begin with {}", and_list(schemes.iter().copied()));
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, at, message)
                .help("the store is an S3 server's bucket: `s3://BUCKET/PATH`"),
        );
    }
}

impl BackupStore {
    /// The keys of secrets with the words that name them.
    fn keys(&self) -> impl Iterator<Item = (&SecretKey, &'static str)> {
        let login = [(&self.access_key_id, "accessKeyId"), (&self.secret_access_key, "secretAccessKey")];
        login.into_iter().chain(self.endpoint_ca.as_ref().map(|it| (it, "endpointCA")))
    }

    /// `BUCKET/PATH`.
    #[must_use]
    pub fn bucket(&self) -> &str {
        self.path.trim_start_matches("s3://").trim_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept() {
        assert_eq!(Keep::parse("7"), Some(Keep::Count(7)));
        let days = |text| Keep::parse(text).and_then(|it| it.days());
        assert_eq!([days("30d"), days("4w"), days("6m")], [Some(30), Some(28), Some(186)]);
        assert_eq!(Keep::parse("30d").and_then(|it| it.count()), None);
        for bad in ["", "0", "0d", "-1", "+1", "d", "3.5d", "30y", "4000000000w", "99999m", "1é"] {
            assert_eq!(Keep::parse(bad), None, "{bad:?}");
        }
    }
}
