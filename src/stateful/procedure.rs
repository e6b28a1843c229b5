//! What a person does by hand with the data of an engine, as commands: copies, the order of an upgrade, members that go.
//!
//! The commands run in the engine's own pods. What they need to log in they read there, or ask for: none has a secret in it.

/// A command, and why it comes here.
///
/// It has places for what is known of the tier: `{name}`, `{namespace}`, `{pod}` (its first), `{last}` and `{ordinal}` (the
/// pod that goes, and its number), `{set}` (its StatefulSet), `{method}` (the options of its operator's backups), `{domain}`
/// (of the pods' own names), `{user}` (who was made at the first start), `{from}` and `{to}` (the release lines).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What to run, or to do.
    pub run: &'static str,
    /// Why.
    pub why: &'static str,
}

/// What goes before and after some pods are no more.
#[derive(Clone, Copy, Debug)]
pub struct Removal {
    /// What they are, as [`Members::what`](super::upgrade::Members::what) says it.
    pub what: &'static str,
    /// For each that goes, the last one first, while it still runs: with the wait before the next one.
    pub before: &'static [Stage],
    /// For each, once all are gone; what has no place of the pod in its command is said once.
    pub after: &'static [Stage],
}

/// What a person does by hand.
#[derive(Clone, Copy, Debug)]
pub struct Procedures {
    /// Copies everything to a place outside the tier.
    pub backup: &'static [Stage],
    /// Puts the copy into a tier that began empty; nothing where no server takes the copy of another.
    pub restore: &'static [Stage],
    /// Before a later line starts.
    pub before_upgrade: &'static [Stage],
    /// Once all pods have the later line.
    pub after_upgrade: &'static [Stage],
    /// Members that go.
    pub removals: &'static [Removal],
    /// Parts whose pods are no servers of the engine, by what follows the tier's name in theirs: what is above is not for them.
    pub without_data: &'static [&'static str],
}

impl Procedures {
    /// Of an engine of which nothing is written down.
    pub const NONE: Self = Self {
        backup: &[Stage {
            run: "take a backup, in the way of its makers",
            why: "the commands of this engine are not known here",
        }],
        restore: &[],
        before_upgrade: &[],
        after_upgrade: &[],
        removals: &[],
        without_data: &[],
    };
}

/// A command, and why.
pub(super) const fn stage(run: &'static str, why: &'static str) -> Stage {
    Stage { run, why }
}
