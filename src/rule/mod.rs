//! What an expert would refuse to sign: one rule a file, with its documentation and its check.
//!
//! Shape and references are not rules: they are reported where they are read. Rules look at a stack whose names are
//! bound, and at the objects it becomes. To add one: a file with a `RULE`, a line in [`ALL`], and a folder
//! `tests/ui/<name>/` with a stack that fires and a near miss that does not.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use indexmap::map::Entry;

use crate::diag::{Code, Route, Sink};
use crate::document::Document;
use crate::k8s::{Object, ObjectId};
use crate::lower::Unit;
use crate::lower::storage::Bound;
use crate::model::{
    AddressBlock, Client, Expose, FileSource, LabelKey, Name, Namespace, Provider, Quantity, Resources,
    Secret, Store, Text, Value, Volume,
};
use crate::resolve::{Component, Described, Resolved};
use crate::stateful::Tier;
use crate::syntax::Hasher;
use crate::workload::ConfigFiles;

mod accept;
mod autoscaler_range;
mod autoscaler_without_requests;
mod bad_cidr;
mod bad_label_value;
mod bad_port_name;
mod budget_blocks_drain;
mod called_at_zero;
mod certificate_for_nobody;
mod certificate_without_host;
mod claim_of_one_node;
mod cluster_wide_write;
mod config_too_large;
mod demand;
mod duplicate_port;
mod engine_on_network_storage;
mod exception_outside_block;
mod expose_unknown_port;
mod external_without_addresses;
mod folder_taken;
mod grace_shorter_than_pre_stop;
mod identity_of_a_layer;
mod init_before_proxy;
mod key_is_no_variable;
mod kustomize_hazard;
mod limit_range_violation;
mod linkerd_too_old;
mod memory_without_unit;
mod missing_limits;
mod missing_readiness;
mod mount_conflict;
mod name_too_long;
mod namespace_without_mesh;
mod no_path_to_api_server;
mod object_name_clash;
mod peers_without_authentication;
mod permission_to_escalate;
mod permission_without_effect;
mod plaintext_into_strict_mesh;
mod pod_security_violation;
mod previews_out_of_reach;
mod privileged_port;
mod privileged_without_reason;
mod probe_without_identity;
mod quota_exceeded;
mod quota_refuses_pods;
mod request_above_limit;
mod reserved_label;
mod rollout_cannot_proceed;
mod root_refused;
mod secret_form;
mod secret_looking_literal;
mod secret_without_keys;
mod shared_by_instances;
mod shared_service_account;
mod single_replica;
mod sleep_of_the_image;
mod tier_without_storage;
mod time_to_live_undone;
mod token_without_reason;
mod trigger_on_nothing;
mod trigger_without_edge;
mod trigger_without_login;
mod unclear_instance;
mod undeclared_departure;
mod undeclared_host;
mod undeclared_storage_class;
mod unknown_platform_version;
mod unpinned_image;
mod unused_definition;
mod volume_beside_a_class;
mod volume_for_several_claims;
mod wide_open_block;
mod wildcard_permission;
mod withdrawn_image;

use demand::Demand;

pub use accept::{ACCEPT_WITHOUT_EFFECT, accept};

/// All rules, by code.
#[rustfmt::skip] // One a line: a rule more is a line more.
pub static ALL: &[&Rule] = &[
    &unused_definition::RULE,
    &unclear_instance::RULE,
    &shared_by_instances::RULE,
    &previews_out_of_reach::RULE,
    &time_to_live_undone::RULE,
    &engine_on_network_storage::RULE,
    &secret_form::RULE,
    &unpinned_image::RULE,
    &budget_blocks_drain::RULE,
    &autoscaler_without_requests::RULE,
    &autoscaler_range::RULE,
    &grace_shorter_than_pre_stop::RULE,
    &single_replica::RULE,
    &rollout_cannot_proceed::RULE,
    &missing_limits::RULE,
    &missing_readiness::RULE,
    &withdrawn_image::RULE,
    &name_too_long::RULE,
    &request_above_limit::RULE,
    &memory_without_unit::RULE,
    &tier_without_storage::RULE,
    &volume_for_several_claims::RULE,
    &claim_of_one_node::RULE,
    &undeclared_storage_class::RULE,
    &identity_of_a_layer::RULE,
    &volume_beside_a_class::RULE,
    &key_is_no_variable::RULE,
    &trigger_on_nothing::RULE,
    &trigger_without_login::RULE,
    &trigger_without_edge::RULE,
    &called_at_zero::RULE,
    &sleep_of_the_image::RULE,
    &undeclared_departure::RULE,
    &pod_security_violation::RULE,
    &secret_looking_literal::RULE,
    &shared_service_account::RULE,
    &token_without_reason::RULE,
    &secret_without_keys::RULE,
    &object_name_clash::RULE,
    &folder_taken::RULE,
    &certificate_without_host::RULE,
    &peers_without_authentication::RULE,
    &root_refused::RULE,
    &wildcard_permission::RULE,
    &cluster_wide_write::RULE,
    &permission_to_escalate::RULE,
    &permission_without_effect::RULE,
    &privileged_without_reason::RULE,
    &quota_exceeded::RULE,
    &quota_refuses_pods::RULE,
    &limit_range_violation::RULE,
    &undeclared_host::RULE,
    &plaintext_into_strict_mesh::RULE,
    &external_without_addresses::RULE,
    &bad_cidr::RULE,
    &duplicate_port::RULE,
    &bad_port_name::RULE,
    &expose_unknown_port::RULE,
    &namespace_without_mesh::RULE,
    &privileged_port::RULE,
    &mount_conflict::RULE,
    &no_path_to_api_server::RULE,
    &init_before_proxy::RULE,
    &exception_outside_block::RULE,
    &wide_open_block::RULE,
    &linkerd_too_old::RULE,
    &probe_without_identity::RULE,
    &certificate_for_nobody::RULE,
    &kustomize_hazard::RULE,
    &bad_label_value::RULE,
    &unknown_platform_version::RULE,
    &reserved_label::RULE,
    &config_too_large::RULE,
];

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its identity and documentation.
    pub code: &'static Code,
    /// What it looks at.
    pub check: Check,
}

/// What a rule looks at: the narrowest scope that will do.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The whole stack, once, after all components.
    Stack(fn(&Facts<'_>, &mut Sink)),
    /// Each service and tier.
    Component(fn(&Facts<'_>, &Component, &mut Sink)),
    /// Each object, with the component that it belongs to.
    Object(fn(&Facts<'_>, Option<&Component>, &Object, &mut Sink)),
    /// The files of each ConfigMap, with the component that they belong to.
    Files(fn(&Facts<'_>, Option<&Component>, &ConfigFiles, &mut Sink)),
}

/// What rules may know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The stack, names bound.
    pub resolved: &'a Resolved,
    /// The document it was read from.
    pub document: &'a Document,
    /// What components asked for: `secrets/NAME`, `certificates/NAME`, `configs/NAME`. Complete for [`Check::Stack`].
    pub used: &'a BTreeSet<String>,
    /// The objects. Complete for [`Check::Stack`].
    pub seen: &'a Seen,
}

impl<'a> Facts<'a> {
    /// The place of an item of what is one or a list of several.
    fn item(&self, at: &Route, index: usize) -> Route {
        let list = self.document.find(at).is_some_and(|it| it.as_seq().is_some());
        if list { at.index(index) } else { at.clone() }
    }

    /// The address blocks of externals and clients, each with its place.
    fn blocks(&self) -> Vec<(Route, &'a AddressBlock)> {
        let stack = &self.resolved.stack;
        let externals = stack.externals.iter().map(|(name, it)| ("externals", name, &it.cidrs.0));
        let clients = stack.clients.iter().filter_map(|(name, it)| match it {
            Client::Addresses(blocks) => Some(("clients", name, &blocks.0)),
            Client::Pods(_) => None,
        });
        let mut found = Vec::new();
        for (section, name, blocks) in externals.chain(clients) {
            let at = Route::of(&[section, name.as_str(), "cidrs"]);
            found.extend(blocks.iter().enumerate().map(|(index, it)| (self.item(&at, index), it)));
        }
        found
    }

    /// Whether a place is written, and not a default.
    fn is_written(&self, at: &Route) -> bool {
        self.document.find(at).is_some()
    }

    /// The namespace that an object goes to, where the stack names it.
    fn namespace_of(
        &self,
        component: Option<&'a Component>,
        object: &Object,
    ) -> Option<(&'a Name, &'a Namespace)> {
        let resolved = self.resolved;
        match object.id().namespace {
            Some(name) => resolved.stack.namespaces.iter().find(|(key, _)| resolved.namespace(key) == name),
            None => resolved.stack.namespaces.get_key_value(&component?.namespace),
        }
    }

    /// Where the stack describes a container of a component; the component where somebody else does.
    fn container_at(&self, component: &Component, name: &str) -> Route {
        let mut described = self.resolved.containers(component);
        let own = described.find(|it| it.name.as_str() == name);
        own.map_or_else(|| component.route().clone(), |it| it.at())
    }
}

/// What is rendered so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// What several objects would be, with what each of them comes from.
    pub clashes: BTreeMap<ObjectId, Vec<Route>>,
    /// Every object, with its component.
    objects: IndexMap<ObjectId, Option<Name>, Hasher>,
    /// Every folder, and whether it is of components: those may share one.
    folders: IndexMap<String, bool, Hasher>,
    /// Volumes that exist before their claims, by what they are.
    pub volumes: BTreeMap<String, Vec<Bound>>,
    /// What pods ask for, in namespaces with a quota.
    demands: Vec<Demand>,
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
    fn place(&self, resolved: &Resolved, kind: &str, namespace: &str, name: &str) -> Option<Route> {
        let same = |(id, _): &(&ObjectId, &Option<Name>)| {
            id.kind == kind && id.name == name && id.namespace.as_deref() == Some(namespace)
        };
        let (id, owner) = self.objects.iter().find(same)?;
        let component = owner.as_ref().and_then(|it| resolved.components.get(it));
        Some(component.map_or_else(|| origin(resolved, id, 0), |it| it.route().clone()))
    }
}

/// What an object of no component comes from; `nth` counts those of one identity.
fn origin(resolved: &Resolved, id: &ObjectId, nth: usize) -> Route {
    let stack = &resolved.stack;
    let secret = |(name, it): (&Name, &Secret)| {
        (it.object.as_ref().unwrap_or(name).as_str() == id.name
            && Some(resolved.namespace(&resolved.namespace_or_only(it.namespace.as_ref())))
                == id.namespace.as_deref())
        .then(|| Route::of(&["secrets", name.as_str()]))
    };
    let store = |(name, it): (&Name, &Store)| {
        let account = match it {
            Store::VaultOperator(it) => it.auth.service_account.as_str() == id.name,
            Store::ExternalSecrets(it) => {
                it.provider.as_ref().and_then(Provider::account).is_some_and(|it| it.name.as_str() == id.name)
            }
            Store::VaultAgent(_) | Store::Existing(_) => false,
        };
        (account || name.as_str() == id.name).then(|| Route::of(&["stores", name.as_str()]))
    };
    let mut found: Vec<Route> = match &*id.kind {
        "VaultStaticSecret" | "VaultDynamicSecret" | "ExternalSecret" => {
            stack.secrets.iter().filter_map(secret).collect()
        }
        "ServiceAccount" | "SecretStore" | "VaultConnection" | "VaultAuth" => {
            stack.stores.iter().filter_map(store).collect()
        }
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => {
            let made = |it: &&Name| id.name == it.as_str() || id.name.ends_with(&format!("-{it}"));
            let names = stack.identities.keys().filter(made);
            names.map(|it| Route::of(&["identities", it.as_str()])).collect()
        }
        "Certificate" => vec![Route::of(&["certificates", &id.name])],
        "ConfigMap" => vec![Route::of(&["configs", &id.name])],
        "StorageClass" => vec![Route::of(&["storageClasses", &id.name])],
        "PersistentVolumeClaim" => vec![Route::of(&["claims", &id.name])],
        "PersistentVolume" => {
            let claim = id.name.split_once('.').map_or(&*id.name, |(_, claim)| claim);
            vec![Route::of(&["claims", claim])]
        }
        _ => vec![Route::of(&["namespaces"])],
    };
    if nth < found.len() { found.swap_remove(nth) } else { found.pop().unwrap_or_default() }
}

/// Hands out the texts of a container beside its environment and its files, with their places: command, arguments,
/// headers of probes. Places are made when they are asked for.
fn texts<'a>(one: &Described<'a>, mut each: impl FnMut(&'a Text, &dyn Fn() -> Route)) {
    for (key, list) in [("command", &one.container.command), ("args", &one.container.args)] {
        for (index, text) in list.iter().enumerate() {
            each(text, &|| one.at().join(key).index(index));
        }
    }
    for (key, probe) in one.container.probes.iter().flat_map(|it| it.all()) {
        for (name, text) in &probe.fields.headers {
            each(text, &|| one.at().join("probes").join(key).join("httpHeaders").join(name));
        }
    }
}

/// Hands out the contents of a container's files that the stack holds, with their places.
fn contents<'a>(one: &Described<'a>, mut each: impl FnMut(&'a Text, &dyn Fn() -> Route)) {
    for (path, source) in &one.container.files {
        if let FileSource::Content(text, _) = source {
            each(text, &|| one.at().join("files").join(path.as_str()).join("content"));
        }
    }
}

/// Hands out the variables of a container whose text the stack gives: name, text and place.
fn variables<'a>(one: &Described<'a>, mut each: impl FnMut(&'a str, &'a Text, &dyn Fn() -> Route)) {
    for (name, value) in &one.container.env {
        if let Value::Text(text) = value {
            each(name.as_str(), text, &|| one.at().join("env").join(name.as_str()));
        }
    }
}

/// Labels and annotations that the stack gives: place, key, value.
fn described<'a>(facts: &Facts<'a>) -> Vec<(Route, &'a str, &'a str)> {
    let resolved = facts.resolved;
    let mut found = Vec::new();
    let mut add = |at: &Route, steps: &[&str], map: &'a IndexMap<LabelKey, String>| {
        found.extend(map.iter().map(|(key, it)| {
            let at = steps.iter().fold(at.clone(), |at, step| at.join(step));
            (at.join(key.as_str()), key.as_str(), it.as_str())
        }));
    };
    for component in resolved.components.values() {
        let common = resolved.common(component);
        add(component.route(), &["labels"], &common.labels);
        add(component.route(), &["annotations"], &common.annotations);
        let expose = resolved.service(component).and_then(|it| it.fields.expose.as_ref());
        if let Some(Expose::LoadBalancer(balancer)) = expose {
            let steps = ["expose", "loadBalancer", "annotations"];
            add(component.route(), &steps, &balancer.annotations);
        }
    }
    for (name, namespace) in &resolved.stack.namespaces {
        let at = Route::of(&["namespaces", name.as_str()]);
        add(&at, &["labels"], &namespace.labels);
        add(&at, &["annotations"], &namespace.annotations);
    }
    found
}

impl<'a> Facts<'a> {
    /// The storage classes that the stack names, with the places that name them.
    fn classes(&self) -> Vec<(Route, Name)> {
        let mut found = Vec::new();
        let class = |at: Route| at.join("storageClass");
        for component in self.resolved.components.values() {
            let at = component.route();
            for stored in self.resolved.tier(component).map(Tier::storages).unwrap_or_default() {
                let at = stored.below.iter().fold(at.clone(), |at, key| at.join(key));
                // A part without a class of its own has the tier's.
                let named = stored.storage.class.filter(|_| self.is_written(&class(at.clone())));
                found.extend(named.map(|it| (class(at), it)));
            }
            for (path, volume) in self.volumes(component) {
                if let Volume::Claim(claim) = volume {
                    let at = at.join("volumes").join(path);
                    found.extend(claim.storage_class.clone().map(|it| (class(at), it)));
                }
            }
        }
        for (name, claim) in &self.resolved.stack.claims {
            let at = Route::of(&["claims", name.as_str()]);
            found.extend(claim.class.clone().map(|it| (class(at), it)));
        }
        found
    }

    /// The volumes of a component's container, by path.
    fn volumes(&self, component: &Component) -> impl Iterator<Item = (&'a str, &'a Volume)> {
        let pod = self.resolved.pod(component);
        pod.into_iter().flat_map(|(_, pod)| &pod.volumes).map(|(path, it)| (path.as_str(), it))
    }

    /// The fewest pods that a component runs when it runs any; none where the nodes decide.
    fn fewest_pods(&self, component: &Component) -> Option<u32> {
        match self.resolved.service(component) {
            Some(service) => service.fields.scale.working_floor(),
            None => self.resolved.tier(component).map(Tier::replicas),
        }
    }

    /// Where that number is written, if it is.
    fn fewest_pods_at(&self, component: &Component) -> Option<Route> {
        let at = component.route();
        let scale = at.join("scale");
        let places =
            [scale.join("hpa").join("min"), scale.join("keda").join("min"), scale, at.join("replicas")];
        places.into_iter().find(|it| self.document.find(it).is_some())
    }
}

/// What a container requests of a resource; a limit without a request is one (Kubernetes' defaulting).
fn request<'a>(resources: Option<&'a Resources>, resource: &str) -> Option<&'a Quantity> {
    let resources = resources?;
    resources.requests.get(resource).or_else(|| resources.limits.get(resource))
}

/// Runs the rules on one component.
pub fn component(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for rule in ALL {
        if let Check::Component(check) = rule.check {
            check(facts, component, sink);
        }
    }
}

/// Runs the rules on what one unit holds: each object, and the files of each ConfigMap.
pub fn unit(facts: &Facts<'_>, component: Option<&Component>, unit: &Unit, sink: &mut Sink) {
    for object in &unit.objects {
        for rule in ALL {
            if let Check::Object(check) = rule.check {
                check(facts, component, object, sink);
            }
        }
    }
    for files in &unit.files {
        for rule in ALL {
            if let Check::Files(check) = rule.check {
                check(facts, component, &files.set, sink);
            }
        }
    }
}

/// Runs the rules on the whole stack.
pub fn stack(facts: &Facts<'_>, sink: &mut Sink) {
    for rule in ALL {
        if let Check::Stack(check) = rule.check {
            check(facts, sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file of this folder that has a `RULE` is in [`ALL`].
    #[test]
    #[expect(clippy::disallowed_methods, reason = "looks for rules on disk")]
    fn every_rule_is_registered() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rule");
        let registered: BTreeSet<String> = ALL.iter().map(|it| it.code.name.replace('-', "_")).collect();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if stem == "mod" || !text.contains("static RULE: Rule") {
                continue;
            }
            assert!(
                registered.contains(stem),
                "src/rule/{stem}.rs has a rule (or one whose code has another name): to src/rule/mod.rs, add\n\
                 mod {stem};\nand, in the order of the codes, to ALL\n    &{stem}::RULE,"
            );
        }
    }

    #[test]
    fn rules_are_sorted_by_code_and_none_is_there_twice() {
        for pair in ALL.windows(2) {
            let (first, second) = (pair[0].code, pair[1].code);
            assert!(first.id < second.id, "{} {} before {} {}", first.id, first.name, second.id, second.name);
        }
    }

    #[test]
    fn every_page_has_its_sections_in_order_and_an_example() {
        for code in ALL.iter().map(|it| it.code) {
            let headings: Vec<&str> = code.docs.lines().filter(|it| it.starts_with("## ")).collect();
            let expected = ["## What it finds", "## Why it matters", "## Example", "## What to do"];
            assert_eq!(headings, expected, "{}", code.id);
            assert!(code.docs.contains("\n```yaml\n"), "{} shows no stack", code.id);
        }
    }
}
