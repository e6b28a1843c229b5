//! What releases of other projects know of the kinds that are written here, from `schemas/custom/` (`schemas/README.md` says how
//! to read it).
//!
//! Which release a cluster has is not known: a definition that somebody gives beats what is here. The heads of the files are read
//! when there is an object of such a kind, and the definition of a kind when it is asked for.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::crd::{self, Custom, Said};
use super::fault::Gap;
use super::group;
use super::table::table;

/// The texts, which are built into the program.
static TEXTS: [&str; 14] = [
    include_str!("../../../schemas/custom/argo-cd.txt"),
    include_str!("../../../schemas/custom/argo-rollouts.txt"),
    include_str!("../../../schemas/custom/barman-cloud.txt"),
    include_str!("../../../schemas/custom/cert-manager.txt"),
    include_str!("../../../schemas/custom/cilium.txt"),
    include_str!("../../../schemas/custom/cnpg.txt"),
    include_str!("../../../schemas/custom/external-secrets.txt"),
    include_str!("../../../schemas/custom/flux-kustomize.txt"),
    include_str!("../../../schemas/custom/flux-source.txt"),
    include_str!("../../../schemas/custom/gateway-api.txt"),
    include_str!("../../../schemas/custom/istio.txt"),
    include_str!("../../../schemas/custom/keda.txt"),
    include_str!("../../../schemas/custom/prometheus-operator.txt"),
    include_str!("../../../schemas/custom/strimzi.txt"),
];

static RELEASES: LazyLock<Vec<Release>> =
    LazyLock::new(|| TEXTS.iter().map(|it| Release::read(it)).collect());

/// A release of a project.
#[derive(Debug)]
pub(super) struct Release {
    /// Its name and version, as people say it.
    pub name: String,
    /// What its definitions leave out, in words.
    partly: Option<&'static str>,
    kinds: Vec<Released>,
    definitions: &'static str,
}

/// A kind in an API version, as a release has it.
#[derive(Debug)]
pub(super) struct Released {
    pub api_version: &'static str,
    pub kind: &'static str,
    /// Whether objects of this API version are taken; one that is not is that of releases before.
    pub served: bool,
    namespaced: bool,
    pub deprecated: bool,
    definition: &'static str,
    read: OnceLock<Custom>,
}

/// The release that has a kind of a group, in whatever API version.
pub(super) fn of(group: &str, kind: &str) -> Option<&'static Release> {
    RELEASES.iter().find(|it| it.versions(group, kind).next().is_some())
}

/// The kinds that releases have in a group.
pub(super) fn kinds(group: &str) -> impl Iterator<Item = &'static str> {
    let all = RELEASES.iter().flat_map(|it| &it.kinds);
    all.filter(move |it| self::group(it.api_version) == group).map(|it| it.kind)
}

impl Release {
    fn read(text: &'static str) -> Self {
        let (head, definitions) = text.split_once("\n=").expect("the file has definitions");
        let (mut name, mut partly, mut kinds) = (String::new(), None, Vec::new());
        for line in head.lines() {
            match *line.split(' ').collect::<Vec<_>>().as_slice() {
                ["project", version, ref words @ ..] => name = format!("{} {version}", words.join(" ")),
                ["partly", ..] => partly = line.strip_prefix("partly "),
                ["channel", channel] => name = format!("{name} ({channel} channel)"),
                ["kind", api_version, kind, scope, definition, ref words @ ..] => kinds.push(Released {
                    api_version,
                    kind,
                    served: !words.contains(&"unserved"),
                    namespaced: scope == "namespace",
                    deprecated: words.contains(&"deprecated"),
                    definition,
                    read: OnceLock::new(),
                }),
                _ => {}
            }
        }
        Self { name, partly, kinds, definitions }
    }

    /// A kind in each API version that is known.
    pub(super) fn versions(&self, group: &str, kind: &str) -> impl Iterator<Item = &Released> {
        self.kinds.iter().filter(move |it| it.kind == kind && self::group(it.api_version) == group)
    }

    /// What a kind in an API version may be; none in one that the release does not know.
    pub(super) fn find(&self, api_version: &str, kind: &str) -> Option<(&Released, &Custom)> {
        let it = self.kinds.iter().find(|it| it.api_version == api_version && it.kind == kind)?;
        Some((it, it.read.get_or_init(|| self.custom(it))))
    }

    fn custom(&self, it: &Released) -> Custom {
        let blocks = self.definitions.split("\n=").filter_map(|it| it.split_once('\n'));
        let definitions: BTreeMap<&str, &str> = blocks.collect();
        let schema = whole(it.definition, &definitions);
        let said = crd::said(&schema, table().covered.to);
        let Said { shape, ruled, mut gaps } =
            said.expect("the definitions are those that the API server takes");
        gaps.extend(self.partly.map(|it| Gap { what: it.to_owned(), path: None }));
        Custom {
            api_version: it.api_version.to_owned(),
            kind: it.kind.to_owned(),
            namespaced: it.namespaced,
            deprecated: it.deprecated || !it.served,
            shape,
            ruled,
            gaps,
        }
    }
}

/// A definition, with those that it names in their places.
fn whole(name: &str, definitions: &BTreeMap<&str, &str>) -> Value {
    let text = definitions.get(name).expect("a definition that is named is there");
    let mut schema = serde_json::from_str(text).expect("a definition is JSON");
    fill(&mut schema, definitions);
    schema
}

fn fill(value: &mut Value, definitions: &BTreeMap<&str, &str>) {
    match value {
        Value::Object(map) => match map.get("$ref").and_then(Value::as_str) {
            Some(name) => *value = whole(name, definitions),
            None => map.values_mut().for_each(|it| fill(it, definitions)),
        },
        Value::Array(items) => items.iter_mut().for_each(|it| fill(it, definitions)),
        _ => {}
    }
}

#[cfg(test)]
#[path = "released_tests.rs"]
mod tests;
