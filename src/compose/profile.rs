//! Profiles: parts of a project that can be started alone.

use std::collections::BTreeSet;

use crate::model::Name;
use crate::resolve::{Component, Resolved};

/// The profile of everything, which is the default.
pub const ALL: &str = "all";
/// The profile of jobs on a schedule, which nothing starts by itself.
pub const SCHEDULED: &str = "scheduled";

/// The components that a word in a profile stands for: one, or all that are placed by an affinity.
#[must_use]
pub fn members<'a>(resolved: &'a Resolved, word: &Name) -> Vec<&'a Name> {
    if let Some((name, _)) = resolved.components.get_key_value(word) {
        return vec![name];
    }
    let placed = |it: &&Component| resolved.common(it).affinity.as_ref() == Some(word);
    resolved.components.values().filter(placed).map(|it| &it.name).collect()
}

/// The components of a profile.
#[must_use]
pub fn whole<'a>(resolved: &'a Resolved, words: &[Name]) -> BTreeSet<&'a Name> {
    words.iter().flat_map(|it| members(resolved, it)).collect()
}

/// The profiles of a component; none where the project has none.
pub(super) fn of(resolved: &Resolved, component: &Component) -> Vec<String> {
    let declared = &resolved.stack.compose.profiles;
    if super::order::is_scheduled(resolved, component) {
        return vec![SCHEDULED.to_owned()];
    }
    if declared.is_empty() {
        return Vec::new();
    }
    let has = |words: &[Name]| whole(resolved, words).contains(&component.name);
    let own = declared.iter().filter(|(_, words)| has(&words.0)).map(|(name, _)| name.to_string());
    std::iter::once(ALL.to_owned()).chain(own).collect()
}
