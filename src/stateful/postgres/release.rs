//! What differs between the official images of Postgres.

use schemars::JsonSchema;

use crate::diag::{Diagnostic, and_list};
use crate::model::decode::{Cx, Decode, Place};

/// One major version of the official image. Where its data lies follows its Dockerfile
/// (<https://github.com/docker-library/postgres>; the change of 18 is its pull request 1259).
#[derive(Debug, PartialEq, Eq)]
pub struct Major {
    /// The number.
    pub number: u32,
    /// The month of its last release (<https://www.postgresql.org/support/versioning/>).
    pub end_of_life: &'static str,
    /// Where the data volume is mounted.
    pub mount: &'static str,
    /// The data folder, inside the volume.
    pub pgdata: &'static str,
    /// `POSTGRES_INITDB_ARGS`; `initdb` knows `--set` from 16 on.
    pub initdb_args: Option<&'static str>,
}

const OLD_MOUNT: &str = "/var/lib/postgresql/data";
const OLD_PGDATA: &str = "/var/lib/postgresql/data/pgdata";
/// While it initialises, the server does not read the rendered configuration yet.
const NO_HUGE_PAGES: Option<&str> = Some("--set huge_pages=off");

/// The known majors, in order.
#[rustfmt::skip]
pub static MAJORS: [Major; 5] = [
    Major { number: 14, end_of_life: "2026-11", mount: OLD_MOUNT, pgdata: OLD_PGDATA, initdb_args: None },
    Major { number: 15, end_of_life: "2027-11", mount: OLD_MOUNT, pgdata: OLD_PGDATA, initdb_args: None },
    Major { number: 16, end_of_life: "2028-11", mount: OLD_MOUNT, pgdata: OLD_PGDATA, initdb_args: NO_HUGE_PAGES },
    Major { number: 17, end_of_life: "2029-11", mount: OLD_MOUNT, pgdata: OLD_PGDATA, initdb_args: NO_HUGE_PAGES },
    Major {
        number: 18,
        end_of_life: "2030-11",
        mount: "/var/lib/postgresql",
        pgdata: "/var/lib/postgresql/18/docker",
        initdb_args: NO_HUGE_PAGES,
    },
];

/// A version as the official image's tags write it: `17`, `17.5`, `17-alpine`, `18-bookworm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    text: String,
    major: &'static Major,
}

impl Release {
    /// What stackgen takes where the stack says nothing.
    ///
    /// # Panics
    /// Never: the version is in the table.
    #[must_use]
    pub fn standard() -> Self {
        Self::parse("17-alpine").expect("a version of the table")
    }

    /// The version of a tag, or none where the table does not know it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        let tag = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !(rest.is_empty() || rest.starts_with(['.', '-'])) || !rest.chars().all(tag) {
            return None;
        }
        let number: u32 = number.parse().ok()?;
        let major = MAJORS.iter().find(|it| it.number == number)?;
        Some(Self { text: text.to_owned(), major })
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The major version.
    #[must_use]
    pub fn major(&self) -> &'static Major {
        self.major
    }

    /// Whether the image is built on Alpine.
    #[must_use]
    pub fn alpine(&self) -> bool {
        self.text.contains("alpine")
    }

    /// The user and group `postgres` of the image, from its Dockerfiles.
    #[must_use]
    pub fn uid(&self) -> i64 {
        if self.alpine() { 70 } else { 999 }
    }
}

impl Decode for Release {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = &cx.text(at.node, "a version such as `17-alpine`")?.text;
        let release = Self::parse(text);
        if release.is_none() {
            let majors: Vec<String> = MAJORS.iter().map(|it| it.number.to_string()).collect();
            let known = and_list(majors.iter().map(String::as_str));
            let message = format!("the version `{text}` of PostgreSQL is not known");
            cx.push(
                Diagnostic::at_span(&crate::stateful::codes::UNKNOWN_VERSION, at.node.span, message)
                    .help(format!("use a tag of the official image of one of the majors {known}")),
            );
        }
        release
    }
}

impl JsonSchema for Release {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PostgresRelease".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A tag of the official image: the major version, and what may follow it.",
            "type": ["string", "number"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, uid: i64, end: &str, mount: &str, pgdata: &str, initdb_args: Option<&str>) {
        let release = Release::parse(text).unwrap();
        let major = release.major();
        assert_eq!(release.uid(), uid);
        assert_eq!(
            (major.end_of_life, major.mount, major.pgdata, major.initdb_args),
            (end, mount, pgdata, initdb_args)
        );
    }

    #[test]
    fn major_14() {
        row("14", 999, "2026-11", "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata", None);
    }

    #[test]
    fn major_15() {
        row(
            "15-alpine3.21",
            70,
            "2027-11",
            "/var/lib/postgresql/data",
            "/var/lib/postgresql/data/pgdata",
            None,
        );
    }

    #[test]
    fn major_16() {
        let args = Some("--set huge_pages=off");
        row("16.9", 999, "2028-11", "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata", args);
    }

    #[test]
    fn major_17() {
        let args = Some("--set huge_pages=off");
        row("17-alpine", 70, "2029-11", "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata", args);
    }

    #[test]
    fn major_18() {
        let args = Some("--set huge_pages=off");
        row("18-bookworm", 999, "2030-11", "/var/lib/postgresql", "/var/lib/postgresql/18/docker", args);
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["9.6", "13", "19", "latest", "", "17alpine", "17 x", "17/x", "-17"] {
            assert_eq!(Release::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(MAJORS.is_sorted_by_key(|it| it.number));
        assert_eq!(Release::standard().as_str(), "17-alpine");
    }
}
