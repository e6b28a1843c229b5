//! Whether an object is what the cluster's version of Kubernetes knows: its kind, its API version, its fields, their types and
//! their words. Where something stands is for the caller, who knows the object's text: a fault has the steps to it.
//!
//! The facts are in the program ([`table`], [`released`]); nothing is fetched.

mod bytes;
mod cel;
mod crd;
mod fault;
mod released;
mod shape;
mod table;
mod walk;

pub use fault::{Fault, FaultKind, Gap};
pub use shape::Minor;

use std::collections::BTreeSet;

use crate::diag::{and_list, nearest};
use crd::Custom;
use released::Release;
use serde_json::Value;
use shape::{Kind, Shape, Versions};
use table::{Known, table};

/// What is known of kinds where objects go.
#[derive(Clone, Debug)]
pub struct Schemas {
    minor: Minor,
    /// Where somebody says the version, in words.
    setting: &'static str,
    /// Those of definitions that somebody gave.
    custom: Vec<Custom>,
    /// The groups and kinds of definitions that were refused.
    refused: BTreeSet<(String, String)>,
}

/// Why a definition is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is something else.
    Other,
    /// Kubernetes has definitions in another API version.
    Elsewhere(Elsewhere),
    /// What the API server would not take.
    Faulty(Vec<Fault>),
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was checked.
    Checked(Checked),
    /// Kubernetes has such a kind, and not in this API version.
    Elsewhere(Elsewhere),
    /// Kubernetes' own API version has no such kind. Those that it has.
    NoKind(Vec<&'static str>),
    /// Nothing is known of it: a kind of others, or a version of Kubernetes that is not covered.
    Unknown,
}

/// What was found of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Whether its kind is in namespaces.
    pub namespaced: bool,
    /// That its API version is deprecated, and what replaces it.
    pub deprecated: Option<Elsewhere>,
    /// What of its definition nobody here checks, in words.
    pub gaps: Vec<String>,
    /// The release of another project whose definition it was checked with, where nobody gave one.
    pub release: Option<&'static str>,
}

/// An API version that an object of a kind should not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// When it came, is deprecated or was removed, as a sentence.
    pub when: Option<String>,
    /// The API versions that have the kind, the best first.
    pub api_versions: Vec<String>,
    /// The kind has another name there.
    pub kind: Option<String>,
    /// Whether a definition says so, and not Kubernetes.
    pub defined: bool,
}

impl Schemas {
    /// What Kubernetes 1.`minor` knows, as a stack says it.
    #[must_use]
    pub fn new(minor: Minor) -> Self {
        Self { minor, setting: "`cluster.kubernetes`", custom: Vec::new(), refused: BTreeSet::new() }
    }

    /// What the newest Kubernetes that is known here knows.
    #[must_use]
    pub fn newest() -> Self {
        Self::new(table().covered.to)
    }

    /// What Kubernetes 1.`minor` knows, where there is no stack; without one, the newest that is known here.
    #[must_use]
    pub fn without_stack(minor: Option<Minor>) -> Self {
        Self { setting: "`--kubernetes`", ..Self::new(minor.unwrap_or(table().covered.to)) }
    }

    /// The oldest and the newest version of which something is known.
    #[must_use]
    pub fn covered() -> (Minor, Minor) {
        let Versions { from, to } = table().covered;
        (from, to)
    }

    /// Where somebody says the version, in words.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }

    /// Whether it is the newest that is known here, which is that of Kubernetes' types.
    #[must_use]
    pub fn is_newest(&self) -> bool {
        self.minor == table().covered.to
    }

    /// The version, as people write it.
    #[must_use]
    pub fn version(&self) -> String {
        format!("Kubernetes 1.{}", self.minor)
    }

    /// Takes the kinds of a `CustomResourceDefinition`; says what of it, at a place of its own, nobody here can check: of its
    /// objects this is not said again.
    ///
    /// # Errors
    /// Why it is none, or none that the API server would take.
    pub fn define(&mut self, definition: &Value) -> Result<Vec<Gap>, Refused> {
        let text = |key: &str| definition.get(key).and_then(Value::as_str).unwrap_or_default();
        if (group(text("apiVersion")), text("kind")) != ("apiextensions.k8s.io", "CustomResourceDefinition") {
            return Err(Refused::Other);
        }
        let taken = self.take(definition);
        if taken.is_err() {
            let text = |pointer: &str| {
                definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            self.refused.insert((text("/spec/group"), text("/spec/names/kind")));
        }
        taken
    }

    fn take(&mut self, definition: &Value) -> Result<Vec<Gap>, Refused> {
        match self.check(definition) {
            Verdict::Checked(Checked { faults, .. }) if !faults.is_empty() => {
                return Err(Refused::Faulty(faults));
            }
            Verdict::Elsewhere(elsewhere) => return Err(Refused::Elsewhere(elsewhere)),
            _ => {}
        }
        let mut kinds = crd::read(definition, self.minor).map_err(Refused::Faulty)?;
        if let Some(twice) = kinds.iter().find(|it| self.of_custom(&it.api_version, &it.kind).is_some()) {
            let why = format!("{} of `{}` is defined already", twice.kind, twice.api_version);
            let path = ["metadata", "name"].map(str::to_owned).into();
            return Err(Refused::Faulty(vec![Fault { path, kind: FaultKind::Wrong(why) }]));
        }
        let placed = kinds.iter_mut().flat_map(|it| it.gaps.extract_if(.., |it| it.path.is_some()));
        let placed = placed.collect();
        self.custom.extend(kinds);
        Ok(placed)
    }

    fn of_custom(&self, api_version: &str, kind: &str) -> Option<&Custom> {
        self.custom.iter().find(|it| it.api_version == api_version && it.kind == kind)
    }

    /// The API versions that definitions have of a kind of a group, those that are not deprecated first.
    fn custom_versions(&self, group: &str, kind: &str) -> Vec<String> {
        let mut found: Vec<&Custom> = self
            .custom
            .iter()
            .filter(|it| it.kind == kind && self::group(&it.api_version) == group)
            .collect();
        found.sort_by_key(|it| it.deprecated);
        found.iter().map(|it| it.api_version.clone()).collect()
    }

    /// Why a kind of a group is not known, as a sentence.
    #[must_use]
    pub fn why_unknown(&self, group: &str, kind: &str) -> String {
        let Versions { from, to } = table().covered;
        if self.was_refused(group, kind) {
            "its definition was refused".to_owned()
        } else if let Some(release) = released::of(group, kind) {
            let served = release.versions(group, kind).filter(|it| it.served);
            let served = and_list(served.map(|it| it.api_version));
            format!("what is known here of this kind is of {}, in {served}", release.name)
        } else if let Some(near) = nearest(kind, released::kinds(group)) {
            format!("no kind of this name is known here, and `{near}` of `{group}` is")
        } else if self.is_covered() {
            "the fields of this kind are known to its own controller alone".to_owned()
        } else {
            format!("what is known here is of Kubernetes 1.{from} to 1.{to}, and nothing of 1.{}", self.minor)
        }
    }

    /// Whether somebody gave a definition of a kind, and it was refused.
    fn was_refused(&self, group: &str, kind: &str) -> bool {
        self.refused.iter().any(|it| (&*it.0, &*it.1) == (group, kind))
    }

    /// Whether anything is known of this version.
    fn is_covered(&self) -> bool {
        table().covered.has(self.minor)
    }

    /// Whether an object is known, and nothing is wrong with it.
    #[must_use]
    pub fn takes(&self, object: &Value) -> bool {
        matches!(self.check(object), Verdict::Checked(it) if it.faults.is_empty())
    }

    /// What an object is, and what is wrong with it. It has `apiVersion` and `kind`.
    #[must_use]
    pub fn check(&self, object: &Value) -> Verdict {
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let custom = self.custom_versions(group(api_version), kind);
        if let Some(it) = self.of_custom(api_version, kind) {
            let others = custom.into_iter().filter(|it| it != api_version).collect();
            return Verdict::Checked(self.by_definition(it, object, "its definition says so", others));
        }
        if !custom.is_empty() {
            return Verdict::Elsewhere(Elsewhere {
                when: None,
                api_versions: custom,
                kind: None,
                defined: true,
            });
        }
        if !self.was_refused(group(api_version), kind)
            && let Some(release) = released::of(group(api_version), kind)
        {
            return self.by_release(release, object, api_version, kind);
        }
        if !self.is_covered() {
            return Verdict::Unknown;
        }
        let Some(known) = table().find(api_version, kind).find(|it| it.versions.has(self.minor)) else {
            return self.elsewhere(api_version, kind);
        };
        let deprecated = known.deprecated.filter(|it| *it <= self.minor).map(|since| {
            let last = known.versions.to;
            let until = if last == Minor::MAX {
                String::new()
            } else {
                format!(", and 1.{last} is the last that has it")
            };
            Elsewhere {
                when: Some(format!("it is deprecated since Kubernetes 1.{since}{until}")),
                ..self.instead(kind, group(api_version), api_version, known.instead)
            }
        });
        let shape = Shape::from(Kind::Named(known.definition));
        let mut faults = walk::faults(&shape, object, self.minor);
        faults.extend(bytes::faults(api_version, kind, object));
        let (namespaced, gaps) = (known.namespaced, Vec::new());
        Verdict::Checked(Checked { faults, namespaced, deprecated, gaps, release: None })
    }

    /// What is wrong with an object by a definition; why its API version is deprecated, and the others, if it is.
    fn by_definition(&self, it: &Custom, object: &Value, why: &str, others: Vec<String>) -> Checked {
        let deprecated = it.deprecated.then(|| Elsewhere {
            when: Some(why.to_owned()),
            api_versions: others,
            kind: None,
            defined: true,
        });
        let (faults, gaps) = it.judge(object, self.minor);
        Checked { faults, namespaced: it.namespaced, deprecated, gaps, release: None }
    }

    /// The same by what a release knows. Of an API version that it does not know, nothing is said: another release may have it.
    fn by_release(
        &self,
        release: &'static Release,
        object: &Value,
        api_version: &str,
        kind: &str,
    ) -> Verdict {
        let Some((it, custom)) = release.find(api_version, kind) else { return Verdict::Unknown };
        let all = release.versions(group(api_version), kind);
        let live = all.filter(|it| it.served && it.api_version != api_version && !it.deprecated);
        let live = live.map(|it| it.api_version.to_owned()).collect();
        let name = &release.name;
        let why =
            if it.served { format!("so says {name}") } else { format!("{name} does not serve it any more") };
        let checked = self.by_definition(custom, object, &why, live);
        Verdict::Checked(Checked { release: Some(name), ..checked })
    }

    /// Why there is no such kind in this version.
    fn elsewhere(&self, api_version: &str, kind: &str) -> Verdict {
        let group = group(api_version);
        let all: Vec<&Known> = table().find(api_version, kind).collect();
        if let Some(last) = all.last() {
            let when = match Versions::around(all.iter().map(|it| it.versions)) {
                Some(it) if it.from > self.minor => format!("Kubernetes has it from 1.{} on", it.from),
                Some(it) => format!("Kubernetes 1.{} was the last that had it", it.to),
                None => String::new(),
            };
            let instead = self.instead(kind, group, api_version, last.instead);
            return Verdict::Elsewhere(Elsewhere { when: Some(when), ..instead });
        }
        if let Some(gone) = table().gone.iter().find(|it| (it.api_version, it.kind) == (api_version, kind)) {
            let when = Some(format!("Kubernetes 1.{} removed it", gone.removed));
            return Verdict::Elsewhere(Elsewhere {
                when,
                ..self.instead(kind, group, api_version, gone.instead)
            });
        }
        // A group of others has a domain of its own, and may have a kind of the same name.
        if !is_of_kubernetes(group) {
            return Verdict::Unknown;
        }
        let elsewhere = self.instead(kind, "", api_version, None);
        if !elsewhere.api_versions.is_empty() {
            return Verdict::Elsewhere(elsewhere);
        }
        let here = table().kinds.iter().filter(|it| it.api_version == api_version);
        let kinds: Vec<_> = here.filter(|it| it.versions.has(self.minor)).map(|it| it.kind).collect();
        if kinds.is_empty() { Verdict::Unknown } else { Verdict::NoKind(kinds) }
    }

    /// What to write for a kind: its other API versions in its group, else what replaces it, else a kind of that name in
    /// any group.
    fn instead(&self, kind: &str, group: &str, but: &str, instead: Option<&str>) -> Elsewhere {
        let there = |it: &&Known| it.kind == kind && it.api_version != but && it.versions.has(self.minor);
        let live: Vec<&Known> = table()
            .kinds
            .iter()
            .filter(there)
            .filter(|it| it.deprecated.is_none_or(|it| it > self.minor))
            .collect();
        let own: Vec<&Known> =
            live.iter().copied().filter(|it| self::group(it.api_version) == group).collect();
        let (mut api_versions, mut other) = (Vec::new(), None);
        if !own.is_empty() {
            api_versions.extend(own.iter().map(|it| it.api_version.to_owned()));
        } else if let Some((version, new)) = instead.and_then(|it| it.rsplit_once('/')) {
            api_versions.push(version.to_owned());
            other = (new != kind).then(|| new.to_owned());
        } else {
            api_versions.extend(live.iter().map(|it| it.api_version.to_owned()));
        }
        // `v1` before `v1beta1` before `v1alpha1`.
        api_versions.sort_by_key(|it| (it.contains("alpha"), it.contains("beta"), it.clone()));
        Elsewhere { when: None, api_versions, kind: other, defined: false }
    }
}

/// The group of an API version; empty for the core group.
#[must_use]
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether a group is one of Kubernetes' own, in whatever version. A group without a dot is nobody else's.
#[must_use]
pub fn is_of_kubernetes(group: &str) -> bool {
    !group.contains('.') || table().kinds.iter().any(|it| self::group(it.api_version) == group)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
