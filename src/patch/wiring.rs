//! What objects count on of each other: selectors that select, and names that somebody has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::manifest::Manifest;
use super::{One, Outcome, codes};
use crate::diag::{Diagnostic, nearest};
use crate::k8s::{Object, ObjectId};
use crate::model::Name;
use crate::resolve::Resolved;

/// Labels.
pub(super) type Labels = BTreeMap<String, String>;

/// Who selects whom.
#[derive(Debug, Default)]
pub(super) struct Wiring {
    /// The labels of pods, with their namespaces.
    pods: Vec<(Option<String>, Labels)>,
    /// What Services select.
    services: Vec<(ObjectId, Labels)>,
}

impl Wiring {
    /// Of some objects.
    pub(super) fn of(objects: &[Object]) -> Self {
        let mut found = Self::default();
        for object in objects {
            if let Some(labels) = pods(object) {
                found.pods.push((object.id().namespace, labels));
            }
            if let Object::Service(service) = object
                && let Some(selector) = service.spec.as_ref().and_then(|it| it.selector.clone())
            {
                found.services.push((object.id(), selector));
            }
        }
        found
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.pods.extend(other.pods);
        self.services.extend(other.services);
    }

    fn selects(&self, namespace: Option<&String>, selector: &Labels) -> bool {
        self.pods.iter().any(|(own, labels)| own.as_ref() == namespace && fits(selector, labels))
    }
}

/// The labels of an object's pods.
pub(super) fn pods(object: &Object) -> Option<Labels> {
    Some(object.pods()?.metadata.as_ref().and_then(|it| it.labels.clone()).unwrap_or_default())
}

fn fits(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Services that selected pods before and no longer do, at the patch that is the reason.
pub(super) fn deserted(
    patches: &[One<'_>],
    outcomes: &[Outcome],
    before: &Wiring,
    after: &Wiring,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (id, selector) in &after.services {
        let old = before.services.iter().find(|it| it.0 == *id).map(|it| &it.1);
        let Some(old) = old.filter(|it| before.selects(id.namespace.as_ref(), it)) else { continue };
        if after.selects(id.namespace.as_ref(), selector) {
            continue;
        }
        // Whose pods it selected until then, or who changed what it selects.
        let concerned = |it: &&Outcome| match &it.pods {
            _ if old != selector => it.id == *id,
            Some([before, after]) => {
                it.id.namespace == id.namespace && fits(selector, before) && !fits(selector, after)
            }
            None => false,
        };
        let path: &[&str] =
            if old == selector { &["spec", "template", "metadata", "labels"] } else { &["spec", "selector"] };
        let reason = outcomes.iter().filter(concerned).find_map(|it| {
            let at = it.applied.below(path)?;
            Some((it, at))
        });
        let Some((outcome, at)) = reason else { continue };
        let message = format!(
            "with the patch `{}` the Service `{}` selects no pods any more",
            patches[outcome.patch].name, id.name
        );
        let wanted =
            selector.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ");
        found.push(
            Diagnostic::at_key(&codes::SELECTOR, &at, message)
                .note(format!("it selects {wanted}"))
                .help("leave the labels that selectors name as they are, and add others"),
        );
    }
    found
}

/// What is wrong with the selector of one workload.
pub(super) fn selector(one: &One<'_>, outcome: &mut Outcome, before: &Value, after: &Value) {
    let id = &outcome.id;
    let (old, new) = (before.pointer("/spec/selector"), after.pointer("/spec/selector"));
    if after.pointer("/spec/template").is_none() || new.is_none() && old.is_none() {
        return;
    }
    let place = |path: &[&str]| outcome.applied.below(path).unwrap_or_else(|| one.at.clone());
    let found = if old == new {
        let of = |pointer: &str| after.pointer(pointer).and_then(Value::as_object);
        let wanted = of("/spec/selector/matchLabels").into_iter().flatten();
        let labels = of("/spec/template/metadata/labels");
        let mut lost = wanted.filter(|(key, value)| labels.and_then(|it| it.get(*key)) != Some(*value));
        let Some((key, value)) = lost.next() else { return };
        let message = format!(
            "the {} `{}` no longer selects its own pods: they lack `{key}: {value}`",
            id.kind, id.name
        )
        .replace('"', "");
        Diagnostic::at_key(&codes::SELECTOR, &place(&["spec", "template", "metadata", "labels"]), message)
            .note("the API server refuses such an object")
            .help("leave the labels that selectors name as they are, and add others")
    } else {
        let message = format!("the selector of the {} `{}` is changed", id.kind, id.name);
        Diagnostic::at_key(&codes::SELECTOR, &place(&["spec", "selector"]), message)
            .note("it is immutable: the object that runs would have to be deleted first")
            .help("where the object that runs has this one, write it as `adopt: { selector: … }` of the component")
            .help(
                "else give the component another name, beside the old one, and remove that when the new one runs",
            )
    };
    outcome.applied.findings.push(found);
}

/// A name of another object that pods count on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    kind: &'static str,
    name: String,
    path: Vec<String>,
}

/// The names that the pods of an object count on, without those that may be missing.
pub(super) fn references(object: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(object, &mut Vec::new(), &mut found);
    found
}

fn walk(value: &Value, path: &mut Vec<String>, found: &mut Vec<Reference>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, it)| (key.clone(), it)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, it)| (index.to_string(), it)).collect(),
        _ => return,
    };
    for (step, below) in below {
        path.push(step.clone());
        let list = path.len().checked_sub(2).map(|it| path[it].as_str());
        let (kind, fields): (_, &[&str]) = match step.as_str() {
            "configMap" | "configMapKeyRef" | "configMapRef" => ("ConfigMap", &["name"]),
            "secret" => ("Secret", &["secretName", "name"]),
            "secretKeyRef" | "secretRef" => ("Secret", &["name"]),
            "persistentVolumeClaim" => ("PersistentVolumeClaim", &["claimName"]),
            "serviceAccountName" => ("ServiceAccount", &[]),
            _ if list == Some("imagePullSecrets") => ("Secret", &["name"]),
            _ => ("", &[]),
        };
        let named =
            |it: &Value, field: &str| Some((it.get(field)?.as_str()?.to_owned(), Some(field.to_owned())));
        let name = match below {
            Value::String(name) if kind == "ServiceAccount" => Some((name.clone(), None)),
            map if map.get("optional") == Some(&Value::Bool(true)) => None,
            map => fields.iter().find_map(|it| named(map, it)),
        };
        match name {
            Some((name, field)) if !kind.is_empty() => {
                let path = path.iter().cloned().chain(field).collect();
                found.push(Reference { kind, name, path });
            }
            _ => walk(below, path, found),
        }
        path.pop();
    }
}

/// The definitions of the stack behind some names, as they are called where they are used.
pub(super) fn used(resolved: &Resolved, id: &ObjectId, references: &[Reference]) -> BTreeSet<String> {
    let stack = &resolved.stack;
    let here = |it: Option<&Name>| {
        Some(resolved.namespace(&resolved.namespace_or_only(it))) == id.namespace.as_deref()
    };
    let mut found = BTreeSet::new();
    for reference in references {
        let called = |name: &Name| name.as_str() == reference.name;
        if reference.kind == "Secret" {
            let secrets =
                stack.secrets.iter().filter(|(name, it)| called(name) && here(it.namespace.as_ref()));
            found.extend(secrets.map(|(name, _)| format!("secrets/{name}")));
            let certificates =
                stack.certificates.iter().filter(|(name, it)| called(name) && here(it.namespace.as_ref()));
            found.extend(certificates.map(|(name, _)| format!("certificates/{name}")));
        } else if reference.kind == "ConfigMap" {
            let configs =
                stack.configs.iter().filter(|(name, it)| called(name) && here(it.namespace.as_ref()));
            found.extend(configs.map(|(name, _)| format!("configs/{name}")));
        }
    }
    found
}

/// What makes a Secret in the cluster, and where each says what that is called; its own name where it says nothing.
const MAKERS: [(&str, &str); 5] = [
    ("Certificate", "/spec/secretName"),
    ("ExternalSecret", "/spec/target/name"),
    ("SealedSecret", "/spec/template/metadata/name"),
    ("VaultDynamicSecret", "/spec/destination/name"),
    ("VaultStaticSecret", "/spec/destination/name"),
];

/// What there is.
#[derive(Debug)]
pub struct There {
    /// All objects.
    pub(super) ids: Vec<ObjectId>,
    /// The Secrets that some of them make in the cluster.
    secrets: Vec<ObjectId>,
    /// Whether everything could be made; where not, nothing is said of what is not there.
    pub(super) complete: bool,
}

impl There {
    /// What is made, and what the stack has as it is.
    pub fn new<'a>(made: impl Iterator<Item = &'a ObjectId>, manifests: &[Manifest], complete: bool) -> Self {
        let mut ids: Vec<ObjectId> = made.cloned().collect();
        // Those of the mesh are called as their Secrets; what fetches the stack's secrets need not be.
        let own = |id: &ObjectId| (id.kind == "Certificate").then(|| secret(id, &id.name));
        let mut secrets: Vec<ObjectId> = ids.iter().filter_map(own).collect();
        secrets.extend(manifests.iter().filter_map(|it| made_secret(&it.object)));
        ids.extend(manifests.iter().map(Manifest::id));
        Self { ids, secrets, complete }
    }
}

/// The Secret that an object makes in the cluster.
fn made_secret(object: &Object) -> Option<ObjectId> {
    let id = object.id();
    let (_, named) = MAKERS.iter().find(|it| it.0 == id.kind)?;
    let value = object.to_value();
    Some(secret(&id, value.pointer(named).and_then(Value::as_str).unwrap_or(&id.name)))
}

/// A Secret beside an object.
fn secret(beside: &ObjectId, name: &str) -> ObjectId {
    ObjectId {
        group: "".into(),
        version: "v1".into(),
        kind: "Secret".into(),
        namespace: beside.namespace.clone(),
        name: name.to_owned(),
    }
}

/// Names that a patch put into an object and that nobody has.
pub(super) fn dangling(resolved: &Resolved, outcome: &Outcome, there: &There) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for reference in &outcome.references {
        let Reference { kind, name, path } = reference;
        let here = |it: &&ObjectId| it.kind == *kind && it.namespace == outcome.id.namespace;
        let known = || there.ids.iter().chain(&there.secrets).filter(here).map(|it| it.name.as_str());
        let operated = || {
            resolved.components.values().any(|component| {
                let made = resolved.tier(component).map(|it| it.operator_objects(component.name.as_str()));
                Some(resolved.namespace(&component.namespace)) == outcome.id.namespace.as_deref()
                    && made.into_iter().flatten().any(|it| it.0 == *kind && it.1 == *name)
            })
        };
        if known().any(|it| it == name)
            || *kind == "ServiceAccount" && name == "default"
            || !used(resolved, &outcome.id, std::slice::from_ref(reference)).is_empty()
            || operated()
        {
            continue;
        }
        let Some(at) = outcome.applied.place(path) else { continue };
        let message = format!("nobody has the {kind} `{name}` that is named here");
        let diagnostic = Diagnostic::at_value(&codes::REFERENCE, &at, message);
        let declared = resolved.stack.secrets.keys().filter(|_| *kind == "Secret").map(Name::as_str);
        let help = match *kind {
            "Secret" => "declare it under `secrets`: `from` a store, or of one that is `existing`",
            "ConfigMap" => "declare it under `configs`, or bring it under `manifests`",
            "PersistentVolumeClaim" => "declare it under `claims`, or bring it under `manifests`",
            _ => "bring it under `manifests`, or name the component's own",
        };
        found.push(match nearest(name, known().chain(declared)) {
            Some(near) => diagnostic.help(format!("there is a {kind} `{near}`")),
            None => diagnostic.help(help),
        });
    }
    found
}
