//! Resolved components to typed objects. Nothing here can fail: what could is checked before.

mod access;
mod adopted;
mod alert;
mod config;
pub mod folder;
mod gitops;
mod job;
mod monitor;
mod names;
mod namespace;
mod network;
mod pod;
mod progress;
mod route;
mod scale;
mod service;
mod stage;
pub mod storage;
mod wave;
mod workload;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::k8s::Object;
use crate::resolve::{Component, Delivery, Phase, Resolved, Section, meta, metadata};
use crate::stateful::{Bound, Plan, TierContext};
use crate::workload::{Budget, ConfigFiles, Controller, Part};
use crate::{mesh, secret};

pub use stage::{Stage, stages};
pub use wave::Waves;

/// A folder of the tree: what belongs together.
#[derive(Debug, Default)]
pub struct Unit {
    /// The folder's name.
    pub folder: String,
    /// Whether several components are in it.
    pub shared: bool,
    /// When it is applied.
    pub phase: Phase,
    /// Its objects, in the order of the stream.
    pub objects: Vec<Object>,
    /// ConfigMaps that Kustomize makes from files.
    pub files: Vec<Generated>,
    /// Volumes among its objects.
    pub volumes: Vec<storage::Bound>,
    /// The StatefulSets among its objects whose pods vote, with the number of votes: three or more.
    pub voters: BTreeMap<String, u32>,
    /// Of the StatefulSets among its objects that go on with one of the cluster: the names that stackgen has for their claims.
    pub claims: BTreeMap<String, Vec<String>>,
}

/// A ConfigMap that Kustomize makes from files.
#[derive(Debug)]
pub struct Generated {
    /// Its namespace's name in the cluster.
    pub namespace: String,
    /// Its name and files.
    pub set: ConfigFiles,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Unit {
    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.files.is_empty()
    }

    /// Puts another unit into the same folder.
    pub fn join(&mut self, other: Self) {
        self.shared = true;
        self.objects.extend(other.objects);
        self.files.extend(other.files);
        self.volumes.extend(other.volumes);
        self.voters.extend(other.voters);
        self.claims.extend(other.claims);
    }
}

/// Everything of one component.
#[must_use]
pub fn component(
    resolved: &Resolved,
    component: &Component,
    bound: Option<Bound>,
    files: &BTreeMap<String, String>,
    waves: &Waves,
) -> Unit {
    let folder = resolved.folder(component).to_string();
    if resolved.delivery(component) == Some(Delivery::Gate) {
        // It has no pods of its own.
        return Unit { folder, ..Unit::default() };
    }
    let namespace = resolved.namespace(&component.namespace);
    let Plan { parts, files, objects: further, budget: operated } = plan(resolved, component, bound, files);
    // As many as most have: objects are large to move.
    let mut objects: Vec<Object> = Vec::with_capacity(10);
    objects.extend(service_account(resolved, component));
    objects.extend(access::component(resolved, component));
    let main = parts.first().map(|it| it.workload.part);
    let mut volumes = Vec::new();
    let mut voters = BTreeMap::new();
    let mut named = BTreeMap::new();
    for Part { mut workload, services, budget } in parts {
        if let Some(adopt) = resolved.adopted(component) {
            if let Controller::StatefulSet { claims, .. } = &workload.controller {
                named.insert(workload.name.clone(), claims.iter().map(|it| it.name.clone()).collect());
            }
            adopted::keep(adopt, &mut workload);
        }
        let (kept, bound) = storage::volumes(resolved, component, &workload);
        objects.extend(kept);
        volumes.extend(bound);
        let part = workload.part;
        if let (Controller::StatefulSet { .. }, Budget::Majority(of)) = (&workload.controller, budget) {
            voters.insert(workload.name.clone(), of);
        }
        objects.extend(
            services.into_iter().map(|it| service::service(resolved, component, &workload, it).into()),
        );
        let pods = meta::pods(resolved, component, &workload);
        let budget = scale::budget(resolved, component, &workload.name, pods, budget, main == Some(part));
        objects.push(workload::controller(resolved, component, workload, &files));
        objects.extend(budget.map(Object::from));
    }
    if main.is_none() {
        let pods = meta::selector(resolved, component);
        let budget = scale::budget(resolved, component, component.called.as_str(), pods, operated, true);
        objects.extend(budget.map(Object::from));
    }
    objects.extend(further.into_iter().map(|it| owned(resolved, component, it)));
    objects.extend(route::objects(resolved, component));
    objects.extend(scale::autoscaler(resolved, component));
    objects.extend(monitor::objects(resolved, component));
    objects.extend(alert::component(resolved, component, &objects, &voters));
    objects.extend(network::policy(resolved, component).map(Object::from));
    objects.extend(names::policy(resolved, component).map(Object::from));
    objects.extend(mesh::component(resolved, component));
    for object in &mut objects {
        let wave = waves.own(resolved, component, object);
        gitops::annotate(resolved, Some(component), wave, object);
        gitops::annotate_hook(resolved, component, object);
    }
    let annotations = gitops::hook(resolved, component, false);
    let generated =
        |set| Generated { namespace: namespace.to_owned(), set, annotations: annotations.clone() };
    let files = files.into_iter().map(generated).collect();
    Unit { folder, shared: false, phase: component.phase, objects, files, volumes, voters, claims: named }
}

/// What runs for a component. `files` are the texts of the stack's files that a tier reads, by path.
#[must_use]
pub fn plan(
    resolved: &Resolved,
    component: &Component,
    bound: Option<Bound>,
    files: &BTreeMap<String, String>,
) -> Plan {
    let bound = bound.map(|it| mesh::bind(resolved, component, it));
    match resolved.tier(component) {
        Some(tier) => tier.lower(&TierContext {
            name: component.called.as_str(),
            adopted: resolved.adopted(component),
            namespace: resolved.namespace(&component.namespace),
            cluster: &resolved.stack.cluster,
            service_account: &component.service_account,
            selector: &resolved.selector(component, None),
            pods: &pod::traits(resolved, component),
            bound,
            files,
        }),
        None if component.section == Section::Jobs => {
            job::plan(resolved, component, bound.unwrap_or_default())
        }
        None => service::plan(resolved, component, bound.unwrap_or_default()),
    }
}

/// What the stack has besides components: namespaces, their defaults, secrets, certificates, shared configs. `waves` are
/// those of the components.
#[must_use]
pub fn shared(
    resolved: &Resolved,
    waves: &Waves,
    text: &mut dyn FnMut(&crate::model::Text, &crate::diag::Route) -> String,
) -> Vec<Unit> {
    let mut units = vec![namespace::unit(resolved)];
    units.push(shared_unit(folder::SECRETS, secret::objects(resolved, text)));
    units.push(shared_unit(folder::GATEWAYS, route::gateways(resolved)));
    units.push(shared_unit(folder::MESH, mesh::shared(resolved)));
    units.extend(storage::units(resolved, text));
    units.extend(config::units(resolved, text));
    units.push(shared_unit(folder::ALERTS, alert::shared(resolved, &units)));
    // Roles may name what configs become.
    units.push(access::unit(resolved));
    for object in units.iter_mut().flat_map(|it| &mut it.objects) {
        let wave = waves.shared(resolved, object);
        gitops::annotate(resolved, None, wave, object);
    }
    units.retain(|it| !it.is_empty());
    units
}

/// A folder of objects that no component owns.
fn shared_unit(folder: &str, objects: Vec<Object>) -> Unit {
    Unit { folder: folder.to_owned(), objects, ..Unit::default() }
}

/// An object that a tier makes itself, with the metadata of its component.
fn owned(resolved: &Resolved, component: &Component, mut object: Object) -> Object {
    let cluster_wide = matches!(object, Object::ClusterRole(_) | Object::ClusterRoleBinding(_));
    if let Some(own) = object.metadata_mut() {
        let name = own.name.take().unwrap_or_default();
        let (annotations, labels) = (own.annotations.take(), own.labels.take());
        *own = ObjectMeta { annotations, ..metadata(resolved, Some(component), &name) };
        own.labels.get_or_insert_default().extend(labels.into_iter().flatten());
        if cluster_wide {
            own.namespace = None;
        }
    }
    object
}

/// A ServiceAccount that several components of a namespace share comes with the first of them, unless an operator makes it.
fn service_account(resolved: &Resolved, component: &Component) -> Option<Object> {
    let account = || ServiceAccount {
        metadata: metadata(resolved, Some(component), &component.service_account),
        automount_service_account_token: Some(false),
        ..Default::default()
    };
    component.brings_account.then(|| account().into())
}
