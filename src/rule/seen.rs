//! What is rendered so far.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use indexmap::map::Entry;
use serde_json::json;

use super::demand::Demand;
use super::origin;
use super::placed::Placed;
use crate::diag::{Route, Span};
use crate::k8s::{Object, ObjectId};
use crate::lower::Unit;
use crate::lower::storage::Bound;
use crate::model::Name;
use crate::resolve::{Component, Resolved};
use crate::syntax::Hasher;

/// What is rendered so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// The objects that the stack has as they are.
    pub foreign: BTreeSet<ObjectId>,
    /// Whether everything could be made and read.
    pub complete: bool,
    /// What several objects would be, with what each of them comes from.
    pub clashes: BTreeMap<ObjectId, Vec<Route>>,
    /// Every object, with its component.
    pub(super) objects: IndexMap<ObjectId, Option<Name>, Hasher>,
    /// Every folder, and whether it is of components: those may share one.
    pub(super) folders: IndexMap<String, bool, Hasher>,
    /// Volumes that exist before their claims, by what they are.
    pub volumes: BTreeMap<String, Vec<Bound>>,
    /// What pods ask for, in namespaces with a quota.
    pub(super) demands: Vec<Demand>,
    /// Pods of components, where any of these goes on with pods of the cluster.
    pub(super) pods: Vec<Pods>,
    /// What decides where pods run, where pools of nodes are declared.
    pub(super) placed: Vec<Placed>,
    /// The objects that are made here, with what they come from, where the stack has others beside them.
    pub(super) made: Vec<(Route, Object)>,
}

/// Pods of one controller.
#[derive(Debug)]
pub(super) struct Pods {
    /// Their component.
    pub(super) component: Name,
    /// The controller, as a person calls it.
    pub(super) title: String,
    /// Their labels.
    pub(super) labels: BTreeMap<String, String>,
    /// The names of their volumes.
    pub(super) volumes: Vec<String>,
    /// Of a StatefulSet: the Service of their names.
    pub(super) headless: Option<String>,
    /// The names that stackgen has for the templates of their claims.
    pub(super) claims: Vec<String>,
}

impl Pods {
    fn of(component: &Component, unit: &Unit, object: &Object) -> Option<Self> {
        let template = object.pod_template()?;
        let labels = template.metadata.as_ref()?.labels.clone().unwrap_or_default();
        let title = format!("{} `{}`", object.kind(), object.id().name);
        let volumes = template.spec.iter().filter_map(|it| it.volumes.as_ref()).flatten();
        let set = match object {
            Object::StatefulSet(it) => Some(&it.spec),
            _ => None,
        };
        let claims = set.and_then(|_| unit.claims.get(&object.id().name));
        Some(Self {
            component: component.name.clone(),
            title,
            labels,
            volumes: volumes.map(|it| it.name.clone()).collect(),
            headless: set.and_then(|it| it.service_name.clone()),
            claims: claims.cloned().unwrap_or_default(),
        })
    }
}

/// What is to be known of a unit when it is gone.
#[derive(Debug)]
pub struct Noted {
    folder: String,
    ids: Vec<ObjectId>,
    volumes: Vec<Bound>,
    demands: Vec<Demand>,
    pods: Vec<Pods>,
    placed: Vec<Placed>,
    objects: Vec<Object>,
}

impl Noted {
    /// Of a unit.
    #[must_use]
    pub fn of(resolved: &Resolved, component: Option<&Component>, unit: &Unit) -> Self {
        // Where the stack has no objects as they are, nobody asks for the others.
        let whole = !resolved.stack.manifests.0.is_empty();
        let maps = unit.files.iter().map(|it| ObjectId {
            group: "".into(),
            version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: Some(it.namespace.clone()),
            name: it.set.name.clone(),
        });
        let demand =
            |component| unit.objects.iter().filter_map(move |it| Demand::of(resolved, component, it));
        let adopts = resolved.components.values().any(|it| resolved.adopted(it).is_some());
        let owner = component.filter(|_| adopts);
        let pods = |component| unit.objects.iter().filter_map(move |it| Pods::of(component, unit, it));
        Self {
            pods: owner.into_iter().flat_map(pods).collect(),
            folder: unit.folder.clone(),
            ids: unit.objects.iter().map(Object::id).chain(maps).collect(),
            volumes: unit.volumes.clone(),
            demands: component.into_iter().flat_map(demand).collect(),
            placed: component.map(|it| Placed::of(resolved, it, unit)).unwrap_or_default(),
            objects: if whole { whole_objects(unit) } else { Vec::new() },
        }
    }

    /// Of the objects that the stack has as they are, each with its place. Their names are known before.
    #[must_use]
    pub fn foreign(resolved: &Resolved, unit: &Unit, places: &[Span]) -> Self {
        let folder = Unit { folder: unit.folder.clone(), ..Unit::default() };
        Self { placed: Placed::foreign(resolved, unit, places), ..Self::of(resolved, None, &folder) }
    }
}

/// The objects of a unit, with those that Kustomize makes of its files.
fn whole_objects(unit: &Unit) -> Vec<Object> {
    let maps = unit.files.iter().map(|it| {
        Object::from(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": it.set.name, "namespace": it.namespace },
            "data": it.set.files,
        }))
    });
    unit.objects.iter().cloned().chain(maps).collect()
}

impl Seen {
    /// Nothing yet, with room for the objects of that many components.
    #[must_use]
    pub fn new(components: usize) -> Self {
        let objects = IndexMap::with_capacity_and_hasher(components * 8, Hasher::default());
        Self { objects, ..Self::default() }
    }

    /// Notes a unit; tells whether nothing of it was there before, so that it can be laid out. What was is reported
    /// by rules on the whole stack.
    pub fn add(&mut self, resolved: &Resolved, component: Option<&Component>, noted: Noted) -> bool {
        let Noted { folder, ids, volumes, demands, pods, placed, objects } = noted;
        let owned = component.is_some();
        let before = self.folders.insert(folder, owned);
        let mut new = before.is_none_or(|it| it && owned);
        for volume in volumes {
            self.volumes.entry(volume.identity.clone()).or_default().push(volume);
        }
        self.demands.extend(demands);
        self.pods.extend(pods);
        self.placed.extend(placed);
        self.made.extend(objects.into_iter().map(|it| {
            let route = component.map_or_else(|| origin(resolved, &it.id(), 0), |it| it.route().clone());
            (route, it)
        }));
        for id in ids {
            let first = match self.objects.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert(component.map(|it| it.name.clone()));
                    continue;
                }
                Entry::Occupied(entry) => entry,
            };
            new = false;
            let (id, first) = (first.key(), first.get().as_ref().map(|it| &resolved.components[it]));
            let place = |component: Option<&Component>, nth| {
                component.map_or_else(|| origin(resolved, id, nth), |it| it.route().clone())
            };
            let places = self.clashes.entry(id.clone()).or_insert_with(|| vec![place(first, 0)]);
            places.push(place(component, places.len()));
        }
        new
    }

    /// What every object is.
    pub fn ids(&self) -> impl Iterator<Item = &ObjectId> {
        self.objects.keys()
    }

    /// What the object of an identity comes from, if there is one.
    pub(super) fn of(&self, resolved: &Resolved, id: &ObjectId) -> Option<Route> {
        let component = self.objects.get(id)?.as_ref().and_then(|it| resolved.components.get(it));
        Some(component.map_or_else(|| origin(resolved, id, 0), |it| it.route().clone()))
    }

    /// What an object comes from, if there is one of that kind, namespace and name.
    pub(super) fn place(
        &self,
        resolved: &Resolved,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Option<Route> {
        let same = |(id, _): &(&ObjectId, &Option<Name>)| {
            id.kind == kind && id.name == name && id.namespace.as_deref() == Some(namespace)
        };
        let (id, owner) = self.objects.iter().find(same)?;
        let component = owner.as_ref().and_then(|it| resolved.components.get(it));
        Some(component.map_or_else(|| origin(resolved, id, 0), |it| it.route().clone()))
    }
}
