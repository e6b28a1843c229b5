//! What is rendered so far.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::demand::Demand;
use super::origin;
use crate::diag::Route;
use crate::k8s::{Object, ObjectId};
use crate::lower::Unit;
use crate::lower::storage::Bound;
use crate::model::Name;
use crate::resolve::{Component, Resolved};
use crate::syntax::Hasher;

/// What is rendered so far.
#[derive(Debug, Default)]
pub struct Seen {
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
}

impl Seen {
    /// Notes a unit; tells whether nothing of it was there before, so that it can be laid out. What was is reported
    /// by rules on the whole stack.
    pub fn add(&mut self, resolved: &Resolved, component: Option<&Component>, unit: &Unit) -> bool {
        let owned = component.is_some();
        let before = self.folders.insert(unit.folder.clone(), owned);
        let mut new = before.is_none_or(|it| it && owned);
        for volume in &unit.volumes {
            self.volumes.entry(volume.identity.clone()).or_default().push(volume.clone());
        }
        if let Some(component) = component {
            self.demands.extend(unit.objects.iter().filter_map(|it| Demand::of(resolved, component, it)));
        }
        let maps = unit.files.iter().map(|it| ObjectId {
            group: "".into(),
            version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: Some(it.namespace.clone()),
            name: it.set.name.clone(),
        });
        for id in unit.objects.iter().map(Object::id).chain(maps) {
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
