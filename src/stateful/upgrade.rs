//! What a change of a tier's description means for the data that is there.
//!
//! A tier says what of it outlives its pods ([`Standing`]), and its engine how data goes from line to line ([`Upgrades`]).
//! Two descriptions are compared here, for all engines alike.

use super::release::Released;
use super::{AnyTier, Line, Stored, Table};
use crate::model::{Name, Quantity};

/// How data goes from one release line to another, by the documentation of its makers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrades {
    /// Which lines it stops at on its way.
    pub steps: Steps,
    /// What a person sees to on the way up.
    pub up: &'static str,
    /// What becomes of the way back.
    pub down: &'static str,
    /// Where the makers say it.
    pub source: &'static str,
}

impl Upgrades {
    /// Of an engine of which nothing is written down.
    pub const UNKNOWN: Self = Self {
        steps: Steps::Any,
        up: "what its makers say of the way is not known here: read their notes first",
        down: "what its makers say of the way back is not known here: take a backup first",
        source: "no source",
    };
}

/// Which lines data stops at on its way up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// None: a later server reads what an earlier one wrote.
    Any,
    /// Each: one line at a time.
    Each,
    /// These.
    At(&'static [&'static str]),
    /// So many lines at a time.
    AtMost(usize),
    /// No later server reads it: it is converted, or dumped and loaded.
    Converted,
}

/// What of a tier outlives its pods.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Who runs it, where the engine has a choice.
    pub backend: Option<&'static str>,
    /// What runs, where the image has a table.
    pub release: Option<Running>,
    /// Who keeps data or votes.
    pub members: Vec<Members>,
    /// What counts at the first start alone.
    pub fixed: Vec<Fixed>,
}

/// A version that runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// As written.
    pub version: String,
    /// Its line.
    pub line: &'static Line,
    /// The table of the line.
    pub table: &'static Table,
    /// How data goes to it, and from it.
    pub upgrades: Upgrades,
}

impl Running {
    /// A version.
    #[must_use]
    pub fn of<E: Released>(version: &super::release::Version<E>) -> Self {
        Self {
            version: version.as_str().to_owned(),
            line: version.line(),
            table: E::TABLE,
            upgrades: E::UPGRADES,
        }
    }

    /// The same of the tag of an image of before, which may be none of this engine's.
    fn before(&self, tag: &str) -> Option<Self> {
        let line = self.table.line(tag)?;
        Some(Self { version: tag.to_owned(), line, ..self.clone() })
    }

    /// How many lines of the table are older.
    fn index(&self) -> usize {
        self.table.lines.iter().position(|it| it == self.line).unwrap_or_default()
    }
}

/// Pods that keep data or vote.
#[derive(Clone, Debug)]
pub struct Members {
    /// The keys, below the tier, that say how many.
    pub at: &'static [&'static str],
    /// What they are: `voters`.
    pub what: &'static str,
    /// The controllers that have so many pods each, by what follows the tier's name and `-` in theirs: [`OWN`] for the one of
    /// the tier's name, `*` at the end for a number. None where they are the controllers themselves.
    pub parts: &'static [&'static str],
    /// How many.
    pub number: u32,
    /// What a person does before there are fewer.
    pub fewer: &'static str,
    /// What a person does where there are more; none where nothing.
    pub more: Option<&'static str>,
}

/// The controller that has the tier's name.
pub const OWN: &[&str] = &[""];

impl Members {
    /// Whether the controller of a part has so many pods; `part` is what follows the tier's name and `-` in its name.
    #[must_use]
    pub fn is_of(&self, part: &str) -> bool {
        let number = |it: &str| !it.is_empty() && it.chars().all(|c| c.is_ascii_digit());
        self.parts.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => part.strip_prefix(start).is_some_and(number),
            None => *known == part,
        })
    }
}

/// What counts at the first start alone.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The keys, below the tier.
    pub at: &'static [&'static str],
    /// The value.
    pub value: String,
    /// What happens to what is there.
    pub why: &'static str,
}

/// What a change of a tier's description means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The keys, below the tier, that changed.
    pub at: Vec<&'static str>,
    /// What it is.
    pub what: What,
    /// What comes of it, or what a person does.
    pub how: String,
}

/// A change that data must outlive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Another engine.
    Engine(Pair),
    /// Somebody else runs it.
    Backend(Pair),
    /// A later line, whose servers read the data.
    Upgrade(Pair),
    /// A later line, whose servers do not read the data.
    MajorUpgrade(Pair),
    /// A later line that is too far: the lines that come first.
    SkippedLines(Pair, Vec<&'static str>),
    /// An earlier line.
    Downgrade(Pair),
    /// A claim that would be smaller.
    ShrinkingClaim(Pair),
    /// A claim that would be larger.
    GrowingClaim(Pair),
    /// Claims of another class; empty for the cluster's default.
    StorageClass(Pair),
    /// Storage that is described no more.
    StorageGone,
    /// Fewer members: what they are.
    FewerMembers(&'static str, Pair),
    /// More members: what they are.
    MoreMembers(&'static str, Pair),
    /// Something that counts at the first start alone.
    FixedAtStart(Pair),
}

/// What was written, and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

fn pair(from: &(impl ToString + ?Sized), to: &(impl ToString + ?Sized)) -> Pair {
    Pair { from: from.to_string(), to: to.to_string() }
}

/// What it means that a tier was described so before, and is now. In the order: engine, backend, version, members, what
/// is fixed, claims.
#[must_use]
pub fn changes(before: &AnyTier, after: &AnyTier) -> Vec<Change> {
    let change = |at: &[&'static str], what, how: &str| Change { at: at.to_vec(), what, how: how.to_owned() };
    if before.1.kind() != after.1.kind() {
        let what = What::Engine(pair(before.1.kind(), after.1.kind()));
        return vec![change(&["kind"], what, "the new engine begins empty: export and import what is there")];
    }
    let (old, new) = (before.0.standing(), after.0.standing());
    let mut found = Vec::new();
    if let (Some(from), Some(to)) = (old.backend, new.backend)
        && from != to
    {
        let how = "the new pods have claims of other names, and begin empty: take a backup, and restore it";
        found.push(change(&["backend"], What::Backend(pair(from, to)), how));
        // Versions, members and claims of the one say nothing of the other.
        return found;
    }
    if let (Some(from), Some(to)) = (&old.release, &new.release) {
        found.extend(version(from, to));
    }
    for member in &new.members {
        let was = old.members.iter().find(|it| it.at == member.at);
        found.extend(was.and_then(|it| members_changed(member, it.number)));
    }
    for fixed in &new.fixed {
        let was = old.fixed.iter().find(|it| it.at == fixed.at && it.value != fixed.value);
        found.extend(
            was.map(|was| change(fixed.at, What::FixedAtStart(pair(&was.value, &fixed.value)), fixed.why)),
        );
    }
    found.extend(claims(&before.0.storages(), &after.0.storages()));
    found
}

/// What it means that a tier as it is now ran with an image of this tag before; none where the tag is of no line that is
/// known, or of the same one.
#[must_use]
pub fn from_tag(tag: &str, after: &AnyTier) -> Option<Change> {
    let to = after.0.standing().release?;
    version(&to.before(tag)?, &to)
}

/// What it means that the controller of a part of a tier as it is now ([`Members::is_of`]) had so many pods before; none where
/// that says nothing of data.
#[must_use]
pub fn from_number(from: u32, to: u32, part: &str, after: &AnyTier) -> Option<Change> {
    let members = after.0.standing().members;
    let member = members.iter().find(|it| it.number == to && it.is_of(part))?;
    members_changed(member, from)
}

/// What it means that an operator's resource asked for claims of another size before; none where they do not shrink.
#[must_use]
pub fn from_size(from: &str, to: &str) -> Option<Change> {
    let smaller = Quantity::parse(to).ok()?.milli() < Quantity::parse(from).ok()?.milli();
    let what = What::ShrinkingClaim(pair(from, to));
    smaller.then(|| Change { at: vec!["storage"], what, how: SHRINKING.to_owned() })
}

fn members_changed(member: &Members, was: u32) -> Option<Change> {
    let numbers = pair(&was, &member.number);
    let (what, how) = if member.number < was {
        (What::FewerMembers(member.what, numbers), member.fewer)
    } else {
        (What::MoreMembers(member.what, numbers), member.more.filter(|_| member.number > was)?)
    };
    Some(Change { at: member.at.to_vec(), what, how: how.to_owned() })
}

fn version(from: &Running, to: &Running) -> Option<Change> {
    let (known, first, last) = (to.upgrades, from.index(), to.index());
    let versions = pair(&from.version, &to.version);
    let (what, how) = if last < first {
        (What::Downgrade(versions), known.down)
    } else if last == first {
        return None;
    } else if known.steps == Steps::Converted {
        (What::MajorUpgrade(versions), known.up)
    } else {
        // Lines that a tag goes on from are no stops of their own.
        let between: Vec<&Line> = to.table.lines[first + 1..last].iter().collect();
        let stops: Vec<&'static str> = match known.steps {
            Steps::Each => between.iter().map(|it| it.version).collect(),
            Steps::At(stops) => between.iter().map(|it| it.version).filter(|it| stops.contains(it)).collect(),
            Steps::AtMost(lines) => {
                between.iter().skip(lines - 1).step_by(lines).map(|it| it.version).collect()
            }
            Steps::Any | Steps::Converted => Vec::new(),
        };
        let what =
            if stops.is_empty() { What::Upgrade(versions) } else { What::SkippedLines(versions, stops) };
        (what, known.up)
    };
    Some(Change { at: vec!["version"], what, how: format!("{how} ({})", known.source) })
}

const SHRINKING: &str =
    "Kubernetes refuses a smaller claim: move the data to new pods, or restore a backup into them";
const GROWING: &str = "a claim template cannot change: where the class lets claims grow, raise each claim, delete the \
                       StatefulSet with `--cascade=orphan`, and apply; an operator does it by itself";
const OTHER_CLASS: &str = "claims that are there keep their class: new ones are made pod by pod, and filled by the \
                           engine from the others or from a backup";

fn claims(before: &[Stored], after: &[Stored]) -> Vec<Change> {
    let mut found = Vec::new();
    for old in before {
        let at = |key| old.below.iter().copied().chain([key]).collect::<Vec<_>>();
        let Some(new) = after.iter().find(|it| it.below == old.below) else {
            let how = "its claims stay in the cluster with what is on them, and nothing uses them".to_owned();
            found.push(Change { at: at("storage"), what: What::StorageGone, how });
            continue;
        };
        let (from, to): (&Quantity, &Quantity) = (&old.storage.size, &new.storage.size);
        if from.milli() != to.milli() {
            let (what, how): (fn(Pair) -> What, _) = if to.milli() < from.milli() {
                (What::ShrinkingClaim, SHRINKING)
            } else {
                (What::GrowingClaim, GROWING)
            };
            found.push(Change { at: at("storage"), what: what(pair(from, to)), how: how.to_owned() });
        }
        let class = |it: &Stored| it.storage.class.as_ref().map(Name::to_string).unwrap_or_default();
        if class(old) != class(new) {
            let what = What::StorageClass(pair(&class(old), &class(new)));
            found.push(Change { at: at("storageClass"), what, how: OTHER_CLASS.to_owned() });
        }
    }
    found
}
