//! What an expert would refuse to sign: one rule a file, with its documentation and its check.
//!
//! Shape and references are not rules: they are reported where they are read. Rules look at a stack whose names are
//! bound, and at the objects it becomes. To add one: a file with a `RULE`, a line in [`ALL`] (`all.rs`), and a folder
//! `tests/ui/<name>/` with a stack that fires and a near miss that does not.

use indexmap::IndexMap;

use crate::diag::{Code, Route, Sink};
use crate::k8s::{Object, ObjectId};
use crate::lower::Unit;
use crate::model::{
    Expose, FileSource, LabelKey, Name, Provider, Quantity, Resources, Secret, Store, Text, Value,
};
use crate::resolve::{Component, Described, Resolved};
use crate::workload::ConfigFiles;

mod accept;
mod acknowledge_unknown_object;
mod after_rollout_without_tool;
mod alert_without_metrics;
mod all;
mod autoscaler_range;
mod autoscaler_without_requests;
mod backup_out_of_reach;
mod bad_cidr;
mod bad_label_value;
mod bad_port_name;
mod bad_project_name;
mod budget_blocks_drain;
mod budget_keeps_broken_pods;
mod budget_without_effect;
mod called_at_zero;
mod canary_overloaded;
mod canary_without_split;
mod certificate_for_nobody;
mod certificate_without_host;
mod claim_of_one_node;
mod cluster_admin_bound;
mod cluster_wide_write;
mod config_too_large;
mod default_namespace;
mod demand;
mod development_secret_on_a_cluster;
mod disk_without_limit;
mod duplicate_port;
mod duplicate_variable;
mod engine_on_network_storage;
mod entries_of_two_protocols;
mod entry_without_addresses;
mod exception_outside_block;
mod expose_unknown_port;
mod external_without_addresses;
mod facts;
mod field_of_a_cluster;
mod folder_of_two_stages;
mod folder_taken;
mod foreign;
mod gate_does_not_fit;
mod gateway_of_nobody;
mod grace_shorter_than_pre_stop;
mod host_of_nobody;
mod host_port_taken;
mod identity_of_a_layer;
mod ingress_snippet;
mod ingress_without_tls;
mod init_before_proxy;
mod istio_hosts;
mod job_before_its_target;
mod job_kept_alive;
mod job_waits_for_itself;
mod key_is_no_variable;
mod kustomize_hazard;
mod label_not_to_keep;
mod limit_range_violation;
mod linkerd_too_old;
mod memory_without_unit;
mod metrics_open_to_the_world;
mod missing_limits;
mod missing_readiness;
mod mount_conflict;
mod name_too_long;
mod namespace_without_mesh;
mod no_backup;
mod no_budget;
mod no_node_pool_fits;
mod no_path_to_api_server;
mod node_pools_too_small;
mod node_port;
mod not_restricted;
mod nothing_to_adopt;
mod object_name_clash;
mod objects;
mod objects_of_a_cluster;
mod otlp_port_of_other_protocol;
mod peers_before_ready;
mod peers_without_authentication;
mod permission_to_escalate;
mod permission_without_effect;
mod placed;
mod plaintext_into_strict_mesh;
mod pod_larger_than_nodes;
mod pod_security_violation;
mod pod_without_policy;
mod pods_on_one_node;
mod pools;
mod port_of_two_protocols;
mod port_unknown_to_the_mesh;
mod port_without_protocol;
mod previews_out_of_reach;
mod privileged_port;
mod privileged_without_reason;
mod probe_of_undeclared_port;
mod probe_without_identity;
mod probe_without_program;
mod profile_without_its_needs;
mod quorum_in_one_zone;
mod quota_exceeded;
mod quota_refuses_pods;
mod reference_to_nothing;
mod replaced_field;
mod replicas_beside_an_autoscaler;
mod request_above_limit;
mod reserved_label;
mod restart_policy_refused;
mod rollout_cannot_proceed;
mod rollouts_undeclared;
mod root_refused;
mod route_never_reached;
mod route_to_nothing;
mod run_longer_than_its_period;
mod runtime_socket_mounted;
mod same_probes;
mod schedule_held_by_one_run;
mod secret_form;
mod secret_looking_literal;
mod secret_without_keys;
mod seen;
mod selector_of_other_pods;
mod selectors_overlap;
mod selects_nothing;
mod separation_without_room;
mod share_of_nobody;
mod shared_by_instances;
mod shared_service_account;
mod shares_not_hundred;
mod single_replica;
mod sleep_of_the_image;
mod spread_refused;
mod ssh_port;
mod starting_deadline_too_short;
mod stateful_set_without_service;
mod steps_go_back;
mod subnets_too_small;
mod subset_of_nobody;
mod system_folder_mounted;
mod target_not_there;
mod tier_without_storage;
mod time_to_live_undone;
mod tls_without_verification;
mod token_without_reason;
mod trigger_on_nothing;
mod trigger_without_edge;
mod trigger_without_login;
mod uid_of_the_proxy;
mod unclear_instance;
mod undeclared_departure;
mod undeclared_host;
mod undeclared_storage_class;
mod unknown_platform_version;
mod unlike_a_cluster;
mod unpinned_image;
mod unused_definition;
mod virtual_services_clash;
mod volume_beside_a_class;
mod volume_for_several_claims;
mod wide_open_block;
mod wildcard_permission;
mod withdrawn_image;
mod writable_host_path;
mod writable_root;

pub use accept::{ACCEPT_WITHOUT_EFFECT, accept};
pub use acknowledge_unknown_object::ACKNOWLEDGE_WITHOUT_EFFECT;
pub use all::ALL;
pub use facts::Facts;
pub use foreign::{Foreign, beside, manifest, taken};
pub use label_not_to_keep::can_be_kept;
pub use objects::{Objects, Written, written};
pub use seen::{Noted, Seen};

/// The rules that hold of a Compose project; the others are about a cluster.
#[rustfmt::skip] // As above.
static OF_COMPOSE: &[&Rule] = &[
    &unused_definition::RULE,
    &unclear_instance::RULE,
    &withdrawn_image::RULE,
    &request_above_limit::RULE,
    &memory_without_unit::RULE,
    &key_is_no_variable::RULE,
    &secret_looking_literal::RULE,
    &job_waits_for_itself::RULE,
    &duplicate_port::RULE,
    &mount_conflict::RULE,
    &host_port_taken::RULE,
    &profile_without_its_needs::RULE,
    &field_of_a_cluster::RULE,
    &bad_project_name::RULE,
    &probe_without_program::RULE,
    &unlike_a_cluster::RULE,
    &subnets_too_small::RULE,
    &objects_of_a_cluster::RULE,
];

/// The rules of what an environment compiles to.
fn rules(facts: &Facts<'_>) -> &'static [&'static Rule] {
    if facts.resolved.is_compose() { OF_COMPOSE } else { ALL }
}

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
    /// Each object that somebody wrote, among those beside it; there need be no stack.
    Written(fn(&Objects<'_>, &Written<'_>, &mut Sink)),
    /// Several of these.
    Each(&'static [Check]),
}

impl Rule {
    /// All that it looks at.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        match &self.check {
            Check::Each(all) => all,
            one => std::slice::from_ref(one),
        }
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
        if let Some(adopt) = resolved.adopted(component) {
            add(component.route(), &["adopt", "selector"], &adopt.selector);
        }
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

/// What a container requests of a resource; a limit without a request is one (Kubernetes' defaulting).
fn request<'a>(resources: Option<&'a Resources>, resource: &str) -> Option<&'a Quantity> {
    let resources = resources?;
    resources.requests.get(resource).or_else(|| resources.limits.get(resource))
}

/// Runs the rules on one component.
pub fn component(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for rule in rules(facts).iter().flat_map(|it| it.checks()) {
        if let Check::Component(check) = rule {
            check(facts, component, sink);
        }
    }
}

/// Runs the rules on what one unit holds: each object, and the files of each ConfigMap.
pub fn unit(facts: &Facts<'_>, component: Option<&Component>, unit: &Unit, sink: &mut Sink) {
    for object in &unit.objects {
        for rule in ALL.iter().flat_map(|it| it.checks()) {
            if let Check::Object(check) = rule {
                check(facts, component, object, sink);
            }
        }
    }
    for files in &unit.files {
        for rule in ALL.iter().flat_map(|it| it.checks()) {
            if let Check::Files(check) = rule {
                check(facts, component, &files.set, sink);
            }
        }
    }
}

/// Runs the rules on the whole stack.
pub fn stack(facts: &Facts<'_>, sink: &mut Sink) {
    for rule in rules(facts).iter().flat_map(|it| it.checks()) {
        if let Check::Stack(check) = rule {
            check(facts, sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
