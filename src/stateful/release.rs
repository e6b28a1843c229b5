//! What is known of the engines' official images, and versions that are checked against it.

use std::marker::PhantomData;

use schemars::JsonSchema;

use super::codes::UNKNOWN_VERSION;
use super::upgrade::Upgrades;
use crate::diag::{Diagnostic, Route, Sink, and_list};
use crate::model::Image;
use crate::model::codes::BAD_VALUE;
use crate::model::decode::{Cx, Decode, Place};

/// What is known of an engine's official image. Each table names its sources.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The engine's name for a person.
    pub title: &'static str,
    /// The official image, without a tag.
    pub image: &'static str,
    /// The tag that is taken where the stack names none.
    pub default: &'static str,
    /// What stands in tags before the version: `v` for some, mostly nothing.
    pub prefix: &'static str,
    /// The user and group that the image's program runs as.
    pub user: User,
    /// The same for tags with `alpine`, where they differ.
    pub alpine: Option<User>,
    /// The ports by name, the one for clients first.
    pub ports: &'static [(&'static str, u16)],
    /// Where the configuration is read from.
    pub config: &'static str,
    /// What says that a pod is ready, in words.
    pub ready: &'static str,
    /// Seconds that a pod gets to stop by itself.
    pub drain: u32,
    /// What is known of its data on a network file system.
    pub network_storage: NetworkStorage,
    /// The release lines that are known, oldest first.
    pub lines: &'static [Line],
}

impl Table {
    /// The line that a tag is of; none where the table does not know it.
    #[must_use]
    pub fn line(&self, tag: &str) -> Option<&'static Line> {
        let bare = tag.strip_prefix(self.prefix)?;
        let goes_on = |line: &Line, it: &Line| {
            it.version.strip_prefix(line.version).is_some_and(|rest| rest.starts_with('.'))
        };
        let lines = self.lines;
        lines.iter().find(|line| {
            // A line that others go on from is the tag that moves with them.
            let exact = lines.iter().any(|it| goes_on(line, it));
            let ends =
                |rest: &str| rest.is_empty() || rest.starts_with('-') || !exact && rest.starts_with('.');
            bare.strip_prefix(line.version).is_some_and(ends)
        })
    }
}

/// What is known of an engine's data on a file server, by NFS or SMB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkStorage {
    /// Whether the documentation of the engine, or of its operator, rules it out.
    pub ruled_out: bool,
    /// What the makers say.
    pub known: &'static str,
    /// Where they say it.
    pub source: &'static str,
    /// What to use, or to see to.
    pub instead: &'static str,
}

/// A user and its group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub uid: i64,
    /// The group.
    pub gid: i64,
}

/// One release line: what shares its data format, paths and configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// What versions of the line begin with, up to a `.`, a `-` or the end: `17`, `8.1`. A line that others go on from
    /// (`7` beside `7.2`) is the tag that moves with them.
    pub version: &'static str,
    /// The month of its last release by the engine's own word; none where none is fixed.
    pub end_of_life: Option<&'static str>,
    /// Where the data volume is mounted.
    pub mount: &'static str,
}

/// An engine whose image has a table.
pub trait Released: 'static {
    /// The table.
    const TABLE: &'static Table;
    /// How data goes from line to line.
    const UPGRADES: Upgrades = Upgrades::UNKNOWN;
}

/// A version as the official image's tags write it: `17`, `17.5`, `17-alpine`.
pub struct Version<E> {
    text: String,
    line: &'static Line,
    engine: PhantomData<fn() -> E>,
}

impl<E: Released> Version<E> {
    /// What stackgen takes where the stack says nothing.
    ///
    /// # Panics
    /// Never: a test looks up every default.
    #[must_use]
    pub fn standard() -> Self {
        Self::parse(E::TABLE.default).expect("a table knows its default")
    }

    /// The version of a tag, or none where the table does not know it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let tag = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let line = E::TABLE.line(text)?;
        (text.len() <= 128 && text.chars().all(tag)).then(|| Self {
            text: text.to_owned(),
            line,
            engine: PhantomData,
        })
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The release line.
    #[must_use]
    pub fn line(&self) -> &'static Line {
        self.line
    }

    /// Whether the image is built on Alpine.
    #[must_use]
    pub fn alpine(&self) -> bool {
        self.text.contains("alpine")
    }

    /// The user and group of the image's program.
    #[must_use]
    pub fn user(&self) -> User {
        E::TABLE.alpine.filter(|_| self.alpine()).unwrap_or(E::TABLE.user)
    }

    /// The image: the stack's own, or the official one of this version.
    #[must_use]
    pub fn image(&self, own: Option<&Image>) -> String {
        own.map_or_else(|| format!("{}:{}", E::TABLE.image, self.text), ToString::to_string)
    }

    /// Reports an image of another kind than `version`, which would not find its data or not be allowed to read it.
    /// `at` is the place of `image`.
    pub fn check_image(&self, own: Option<&Image>, at: &Route, sink: &mut Sink) {
        // A tag that is no version of the engine (an image of one's own) says nothing.
        let Some(tagged) = own.and_then(Image::tag).and_then(Self::parse) else { return };
        if tagged.line != self.line || tagged.alpine() != self.alpine() {
            let message = format!("the image is tagged `{}`, but `version` is `{}`", tagged.text, self.text);
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, at, message)
                    .note("where the data lies and who owns it follow the version")
                    .help(format!("write `version: \"{}\"`", tagged.text)),
            );
        }
    }
}

impl<E> Clone for Version<E> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), line: self.line, engine: PhantomData }
    }
}

impl<E> std::fmt::Debug for Version<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Version").field(&self.text).finish()
    }
}

impl<E: Released> Decode for Version<E> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let text = &cx.text(at.node, &format!("a version such as `{}`", E::TABLE.default))?.text;
        let version = Self::parse(text);
        if version.is_none() {
            let known = and_list(E::TABLE.lines.iter().map(|it| it.version));
            let message = format!("the version `{text}` of {} is not known", E::TABLE.title);
            cx.push(
                Diagnostic::at_span(&UNKNOWN_VERSION, at.node.span, message)
                    .help(format!("use a tag of `{}` of one of the lines {known}", E::TABLE.image)),
            );
        }
        version
    }
}

impl<E: Released> JsonSchema for Version<E> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Version", E::TABLE.title).into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let lines: Vec<String> = E::TABLE.lines.iter().map(|it| it.version.replace('.', r"\.")).collect();
        let pattern = format!(r"^{}({})([.-][A-Za-z0-9._-]*)?$", E::TABLE.prefix, lines.join("|"));
        schemars::json_schema!({
            "anyOf": [{ "type": ["string", "number"], "pattern": pattern }, crate::model::schema::reference()],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Example;

    impl Released for Example {
        const TABLE: &'static Table = &Table {
            title: "Example",
            image: "example",
            default: "v3.13.1",
            prefix: "v",
            user: User { uid: 1, gid: 2 },
            alpine: Some(User { uid: 3, gid: 4 }),
            ports: &[("client", 1)],
            config: "/etc/example",
            ready: "it listens",
            drain: 30,
            network_storage: NetworkStorage { ruled_out: false, known: "", source: "", instead: "" },
            lines: &[
                Line { version: "3", end_of_life: None, mount: "/old" },
                Line { version: "3.13", end_of_life: None, mount: "/new" },
            ],
        };
    }

    #[test]
    fn tags_find_their_line() {
        let found = |text| Version::<Example>::parse(text).map(|it| (it.line().mount, it.user().uid));
        assert_eq!(found("v3.13.1"), Some(("/new", 1)));
        assert_eq!(found("v3.13-alpine"), Some(("/new", 3)));
        assert_eq!(found("v3-alpine"), Some(("/old", 3)), "what moves with 3");
        for unknown in ["3.13", "v3.1", "v3.131", "v31", "v3x", "v3.13/../x", "", "v"] {
            assert_eq!(found(unknown), None, "{unknown:?}");
        }
        assert_eq!(Version::<Example>::standard().image(None), "example:v3.13.1");
    }
}
