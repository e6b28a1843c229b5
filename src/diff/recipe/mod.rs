//! What an experienced operator would run, in order, for a change that the API server refuses or that data must outlive.
//!
//! A class of changes says what comes before the new description is applied, and what after; how it is applied is up to the
//! tool that does it ([`delivery`]). Commands have the object's real names. None has a secret in it.

mod address;
mod again;
mod claims;
mod delivery;
mod gone;
mod selector;
mod stateful_set;
mod tier;
mod users;

use std::cell::LazyCell;

use super::compare::{Change, What};
use super::impact::Impact;
use super::object::Item;
use crate::stateful::upgrade;
pub(super) use delivery::Delivery;
pub(super) use tier::Tier;
pub(super) use users::Users;

/// A step of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The command; where there is none, what to do, in words.
    pub action: String,
    /// Why, or what to look at.
    pub why: String,
}

fn step(action: impl Into<String>, why: impl Into<String>) -> Advice {
    Advice { action: action.into(), why: why.into() }
}

/// What a class of changes says.
#[derive(Debug, Default)]
struct Draft {
    /// Instead of applying the change as it is.
    instead: Vec<Advice>,
    /// Before it is applied.
    first: Vec<Advice>,
    /// Once it is applied.
    then: Vec<Advice>,
    /// Whether the tool that applies would undo, or run into, what comes first.
    pause: bool,
}

impl Draft {
    fn add(&mut self, other: Self) {
        for (own, more) in
            [(&mut self.instead, other.instead), (&mut self.first, other.first), (&mut self.then, other.then)]
        {
            // Two reasons for one command are one command; what one reason says twice is for two members.
            let known = own.clone();
            own.extend(more.into_iter().filter(|step| !known.iter().any(|it| it.action == step.action)));
        }
        self.pause |= other.pause;
    }
}

/// What is known of the whole comparison.
#[derive(Debug)]
pub(super) struct Kitchen<'a> {
    /// What applies.
    delivery: Delivery,
    /// Who mounts the claims that are there. It takes a look at every workload, and few recipes ask.
    users: LazyCell<Users, Box<dyn FnOnce() -> Users + 'a>>,
}

impl<'a> Kitchen<'a> {
    /// What applies, and how to find out who mounts what.
    pub(super) fn new(delivery: Delivery, users: impl FnOnce() -> Users + 'a) -> Self {
        Self { delivery, users: LazyCell::new(Box::new(users)) }
    }
}

/// What became of an object: its sides, what differs, and how bad it is.
#[derive(Debug)]
pub(super) struct Dish<'a> {
    pub before: Option<&'a Item>,
    pub after: Option<&'a Item>,
    pub changes: &'a [(Change, Impact)],
    /// What it means for the tier that it is of.
    pub facts: &'a [upgrade::Change],
    pub tier: Option<Tier<'a>>,
    pub impact: Impact,
    /// Whether it is there under another name.
    pub renamed: bool,
}

impl Dish<'_> {
    /// The changes of an impact with the words of their paths.
    fn of(&self, impact: Impact) -> impl Iterator<Item = (Vec<&str>, &What)> {
        self.changes.iter().filter(move |it| it.1 == impact).map(|(it, _)| (it.path.words(), &it.what))
    }
}

/// The steps for an object; nothing where applying it is all there is to do.
pub(super) fn recipe(kitchen: &Kitchen<'_>, dish: &Dish<'_>) -> Vec<Advice> {
    let mut draft = Draft::default();
    draft.add(tier::draft(kitchen, dish));
    match (dish.before, dish.after) {
        (Some(before), Some(after)) if !dish.renamed => {
            let gone = kubectl("delete", before, "");
            // What is deleted for the tier has no fields, and no claims, of its own to see to.
            if !draft.first.iter().any(|it| it.action == gone) {
                draft.add(changed(kitchen, dish, before, after));
            }
        }
        (Some(before), _) if dish.impact == Impact::Data => draft.add(gone::draft(kitchen, dish, before)),
        _ => {}
    }
    let Draft { instead, first, then, pause } = draft;
    let mut steps = instead;
    if !first.is_empty() || !then.is_empty() {
        steps.extend(kitchen.delivery.around(first, then, pause));
    }
    steps
}

fn changed(kitchen: &Kitchen<'_>, dish: &Dish<'_>, before: &Item, after: &Item) -> Draft {
    let mut draft = Draft::default();
    draft.add(stateful_set::draft(kitchen, dish, before, after));
    draft.add(claims::draft(kitchen, dish, before));
    draft.add(selector::draft(dish, before, after));
    draft.add(again::draft(dish, before));
    draft.add(address::draft(dish, before, after));
    draft
}

/// `kubectl VERB KIND NAME -n NAMESPACE`.
fn kubectl(verb: &str, item: &Item, more: &str) -> String {
    let gap = if more.is_empty() { "" } else { " " };
    format!("kubectl {verb} {}{gap}{more}", named(item))
}

/// `KIND NAME -n NAMESPACE`.
fn named(item: &Item) -> String {
    let kind = match &*item.id.kind {
        "PersistentVolumeClaim" => "pvc".to_owned(),
        "PersistentVolume" => "pv".to_owned(),
        kind if item.id.group.contains('.') && !crate::k8s::resources::is_own_group(&item.id.group) => {
            format!("{}.{}", kind.to_lowercase(), item.id.group)
        }
        kind => kind.to_lowercase(),
    };
    format!("{} {}{}", word(&kind), word(&item.id.name), namespaced(item))
}

/// ` -n NAMESPACE`, where it has one.
fn namespaced(item: &Item) -> String {
    at(item.id.namespace.as_deref())
}

/// ` -n NAMESPACE`, where there is one.
fn at(namespace: Option<&str>) -> String {
    namespace.map(|it| format!(" -n {}", word(it))).unwrap_or_default()
}

/// A word for a shell: what comes from a stream may be anything.
fn word(text: &str) -> String {
    if text.starts_with('-') {
        // No quotes keep a program from reading it as an option, and nothing in a cluster is called so.
        return "NAME".to_owned();
    }
    if is_word(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Whether a shell reads a text as one word as it is, wherever it stands.
fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '=' | ',');
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

/// A patch of what it says about volumes that are let go.
const RETAIN: &str = r#"--type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'"#;

/// Keeps the volume of a claim when the claim goes
/// (kubernetes.io/docs/tasks/administer-cluster/change-pv-reclaim-policy).
fn retain(claim: &str, namespace: Option<&str>) -> Advice {
    let volume =
        format!("kubectl get pvc {}{} -o jsonpath='{{.spec.volumeName}}'", word(claim), at(namespace));
    step(
        format!("kubectl patch pv \"$({volume})\" {RETAIN}"),
        "the volume, and what is on it, outlives its claim: the way back",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diff::impact::{self, Effect};
    use crate::diff::scaling::Scaling;
    use crate::diff::testing::{changes, item};
    use crate::k8s::delivery::{DISABLED, KEEP, NO_PRUNE, PRUNE, RESOURCE_POLICY, SYNC_OPTIONS};

    fn kitchen(before: &[Item]) -> Kitchen<'_> {
        Kitchen::new(Delivery::Hand("prod".to_owned()), || Users::read(before.iter(), None))
    }

    /// The actions for an object that changes so, or goes, where these others are.
    fn found(around: &[Item], before: &Item, after: Option<&Item>) -> Vec<String> {
        by(&kitchen(around), before, after)
    }

    fn by(kitchen: &Kitchen<'_>, before: &Item, after: Option<&Item>) -> Vec<String> {
        let known: Vec<(Change, Impact)> = after
            .into_iter()
            .flat_map(|after| changes(before, after).into_iter().map(move |it| (after, it)))
            .map(|(after, it)| {
                let Effect { impact, .. } = impact::effect(before, after, &it, &Scaling::default());
                (it, impact)
            })
            .collect();
        let worst = known.iter().map(|it| it.1).max().unwrap_or(impact::gone(before).impact);
        let dish = Dish {
            before: Some(before),
            after,
            changes: &known,
            facts: &[],
            tier: None,
            impact: worst,
            renamed: false,
        };
        recipe(kitchen, &dish).into_iter().map(|it| it.action).collect()
    }

    fn actions(kind: &str, before: Value, after: Option<Value>) -> Vec<String> {
        found(&[], &item(kind, before), after.map(|it| item(kind, it)).as_ref())
    }

    const APPLY: &str = "stackgen render prod | kubectl apply -f -";

    #[test]
    fn what_never_changes_is_deleted_and_applied_again() {
        for (kind, before, after, first) in [
            (
                "RoleBinding",
                json!({ "roleRef": { "name": "a" } }),
                json!({ "roleRef": { "name": "b" } }),
                "kubectl delete rolebinding x -n n",
            ),
            (
                "Service",
                json!({ "spec": { "clusterIP": "None" } }),
                json!({ "spec": {} }),
                "kubectl delete service x -n n",
            ),
            ("Secret", json!({ "type": "a" }), json!({ "type": "b" }), "kubectl delete secret x -n n"),
            (
                "ConfigMap",
                json!({ "immutable": true, "data": { "a": "1" } }),
                json!({ "immutable": true, "data": { "a": "2" } }),
                "kubectl delete configmap x -n n",
            ),
            (
                "StorageClass",
                json!({ "provisioner": "a" }),
                json!({ "provisioner": "b" }),
                "kubectl delete storageclass x -n n",
            ),
            (
                "PriorityClass",
                json!({ "value": 1 }),
                json!({ "value": 2 }),
                "kubectl delete priorityclass x -n n",
            ),
            (
                "Job",
                json!({ "spec": { "template": 1 } }),
                json!({ "spec": { "template": 2 } }),
                "kubectl delete job x -n n",
            ),
        ] {
            let found = actions(kind, before, Some(after));
            assert_eq!(found[..2], [first, APPLY], "{kind}");
        }
        let labels = |it: &str| json!({ "metadata": { "labels": { "a": it } } });
        assert_eq!(actions("Service", labels("a"), Some(labels("b"))), Vec::<String>::new());
    }

    #[test]
    fn another_selector_leaves_the_old_pods_until_the_new_ones_serve() {
        let of = |labels: Value| json!({ "spec": { "selector": { "matchLabels": labels } } });
        let found =
            actions("Deployment", of(json!({ "app": "x" })), Some(of(json!({ "app": "x", "part": "y" }))));
        assert_eq!(
            found,
            [
                "kubectl delete deployment x -n n --cascade=orphan",
                APPLY,
                "kubectl rollout status deployment x -n n",
                "kubectl delete replicaset -n n -l 'app=x,part!=y'",
            ]
        );
        // What the old selector finds is what the new template has.
        let kept = |selector: Value| {
            let mut it = of(selector);
            it["spec"]["template"] = json!({ "metadata": { "labels": { "app": "x", "part": "y" } } });
            it
        };
        let both = kept(json!({ "app": "x", "part": "y" }));
        let found = actions("Deployment", both.clone(), Some(kept(json!({ "app": "x" }))));
        assert_eq!(found[3..], ["delete the old pods that the new one did not take over"]);
        let found = actions("Deployment", kept(json!({ "app": "x" })), Some(both));
        assert_eq!(found[3..], ["kubectl delete replicaset -n n -l 'app=x,part!=y'"]);
        let found = actions("StatefulSet", of(json!({ "app": "x" })), Some(of(json!({ "app": "y" }))));
        assert_eq!(
            found[..3],
            [
                "kubectl delete statefulset x -n n --cascade=orphan",
                "kubectl label pods -n n -l app=x --overwrite app=y",
                APPLY
            ]
        );
    }

    #[test]
    fn what_a_stream_says_is_no_program() {
        let of = |key: &str, app: &str| {
            let labels = json!({ "app": app, key: "1" });
            json!({ "spec": { "selector": { "matchLabels": labels } } })
        };
        let found = actions("Deployment", of("a", "it'; id #"), Some(of("b", "it'; id #")));
        assert_eq!(found[3], r"kubectl delete replicaset -n n -l 'app=it'\''; id #,a=1,b!=1'");
        let mut gone = item("PersistentVolume", json!({}));
        gone.id.group = "x.example$(id)".to_owned().into();
        gone.id.kind = "Thing".to_owned().into();
        assert_eq!(named(&gone), "'thing.x.example$(id)' x -n n");
    }

    #[test]
    fn claims_have_a_way_back() {
        let claim = |size: &str| json!({ "spec": { "resources": { "requests": { "storage": size } } } });
        let volume = "kubectl patch pv \"$(kubectl get pvc x -n n -o jsonpath='{.spec.volumeName}')\"";
        let found = actions("PersistentVolumeClaim", claim("2Gi"), Some(claim("1Gi")));
        assert!(found[2].starts_with(volume), "{found:?}");
        assert_eq!(found[3..5], ["kubectl delete pvc x -n n", APPLY]);
        let found = actions("PersistentVolumeClaim", claim("2Gi"), None);
        assert!(found[1].starts_with(volume), "{found:?}");
        assert_eq!(found.last().unwrap(), "kubectl delete pvc x -n n");
        let found = actions("Namespace", json!({}), None);
        assert_eq!(found[0], "kubectl get all,pvc,configmap,secret,ingress -n x");
    }

    fn claim(mode: &str) -> Item {
        item("PersistentVolumeClaim", json!({ "spec": { "accessModes": [mode] } }))
    }

    #[test]
    fn whoever_mounts_a_claim_is_copied_from_and_stopped() {
        let pod = json!({
            "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "x" } }],
            "containers": [{ "name": "c", "volumeMounts": [{ "name": "v", "mountPath": "/data" }] }],
        });
        let user = item("Deployment", json!({ "spec": { "template": { "spec": pod } } }));
        let found = found(&[user], &claim("A"), Some(&claim("B")));
        assert_eq!(
            found[1..3],
            [
                "kubectl scale deployment x -n n --replicas=0",
                "kubectl exec POD -n n -- tar -C PATH -cf - . > x.tar"
            ]
        );
        assert_eq!(found[6], "kubectl exec -i POD -n n -- tar -C PATH -xf - < x.tar");
    }

    #[test]
    fn what_is_stopped_by_hand_is_started_by_hand() {
        let pod = json!({ "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "x" } }] });
        let workload = || item("Deployment", json!({ "spec": { "template": { "spec": pod } } }));
        let target = json!({ "kind": "Deployment", "name": "x" });
        let scaler = |kind: &str| {
            item(kind, json!({ "spec": { "scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 5 } }))
        };
        for (kind, stop, start) in [
            (
                "HorizontalPodAutoscaler",
                "kubectl scale deployment x -n n --replicas=0",
                "kubectl scale deployment x -n n --replicas=3",
            ),
            (
                "ScaledObject",
                "kubectl annotate scaledobject x -n n --overwrite autoscaling.keda.sh/paused-replicas=0",
                "kubectl annotate scaledobject x -n n autoscaling.keda.sh/paused-replicas-",
            ),
        ] {
            let found = found(&[workload(), scaler(kind)], &claim("A"), Some(&claim("B")));
            assert_eq!((&*found[1], &**found.last().unwrap()), (stop, start), "{found:?}");
        }
    }

    #[test]
    fn who_deletes_asks_what_the_object_says() {
        let delivery = |keep| Delivery::Tool {
            environment: "prod".to_owned(),
            pause: Vec::new(),
            resume: Vec::new(),
            keep,
        };
        let argo = || delivery(Some((SYNC_OPTIONS, NO_PRUNE)));
        let flux = || delivery(Some((PRUNE, DISABLED)));
        let gone = |delivery: Delivery, key: &str, word: &str| {
            let storage = json!({ "annotations": { key: word } });
            let item = item(
                "RabbitmqCluster",
                json!({ "metadata": storage, "spec": { "persistence": { "a": 1 } } }),
            );
            let last = by(&Kitchen { delivery, ..kitchen(&[]) }, &item, None).pop().unwrap();
            last == "kubectl delete rabbitmqcluster x -n n"
        };
        assert!(gone(argo(), SYNC_OPTIONS, "PruneLast=true,Prune=false,Delete=false"));
        assert!(!gone(argo(), SYNC_OPTIONS, "PruneLast=true"));
        assert!(!gone(argo(), PRUNE, DISABLED));
        assert!(gone(flux(), PRUNE, DISABLED));
        assert!(!gone(flux(), PRUNE, "enabled"));
        assert!(gone(delivery(None), "a", "b"));
        assert!(gone(Delivery::Helm, RESOURCE_POLICY, KEEP));
        assert!(!gone(Delivery::Helm, "a", "b"));
        assert!(gone(Delivery::Hand("prod".to_owned()), "a", "b"));
    }

    #[test]
    fn all_that_changes_of_a_stateful_set_is_seen_to() {
        let template = |name: &str, class: &str| json!({ "metadata": { "name": name }, "spec": { "storageClassName": class } });
        let of = |replicas: u64, service: &str, templates: &[Value]| {
            let retention = json!({ "whenScaled": "Delete" });
            json!({ "spec": {
                "replicas": replicas, "serviceName": service, "volumeClaimTemplates": templates,
                "persistentVolumeClaimRetentionPolicy": retention,
            } })
        };
        let (a, b, c) = (template("a", "x"), template("b", "x"), template("c", "x"));
        let change = |before: Value, after: Value| actions("StatefulSet", before, Some(after));
        let orphan = "kubectl delete statefulset x -n n --cascade=orphan";
        let retained = |claim: &str| {
            format!(
                "kubectl patch pv \"$(kubectl get pvc {claim} -n n -o jsonpath='{{.spec.volumeName}}')\" {RETAIN}"
            )
        };
        let two =
            change(of(1, "s", &[a.clone(), b.clone(), c.clone()]), of(1, "s", std::slice::from_ref(&a)));
        assert_eq!(
            two[..4],
            [retained("b-x-0"), retained("c-x-0"), orphan.to_owned(), APPLY.to_owned()],
            "what stays, and what goes twice"
        );
        let scaled = change(of(2, "s", std::slice::from_ref(&a)), of(1, "t", std::slice::from_ref(&a)));
        assert_eq!(scaled[..3], [retained("a-x-1"), orphan.to_owned(), APPLY.to_owned()]);
        assert_eq!(scaled.last().unwrap(), "kubectl rollout restart statefulset x -n n");
        let numbered = |start: u64| {
            let mut it = of(3, "s", std::slice::from_ref(&a));
            it["spec"]["ordinals"] = json!({ "start": start });
            it
        };
        let moved = change(numbered(0), numbered(2));
        assert_eq!(moved[..3], [retained("a-x-0"), retained("a-x-1"), APPLY.to_owned()]);
        let classes = change(of(2, "s", &[a, b]), of(2, "s", &[template("a", "y"), template("b", "y")]));
        assert!(
            classes.contains(
                &"kubectl delete pvc a-x-1 b-x-1 -n n --wait=false && kubectl delete pod x-1 -n n".to_owned()
            ),
            "{classes:?}"
        );
    }

    #[test]
    fn no_number_of_pods_is_too_large() {
        let claims = json!([{ "metadata": { "name": "data" } }]);
        let of = |replicas: u64, claims: &Value| json!({ "spec": { "replicas": replicas, "ordinals": { "start": u64::MAX }, "volumeClaimTemplates": claims } });
        let found = actions("StatefulSet", of(40_000_000_000, &claims), Some(of(3, &json!([]))));
        assert!(
            found.iter().any(|it| it == "kubectl delete statefulset x -n n --cascade=orphan"),
            "{found:?}"
        );
        let many = json!({ "spec": { "replicas": 40_000_000_000_u64, "volumeClaimTemplates": claims } });
        let found = actions("StatefulSet", many, None);
        assert!(found.last().unwrap().ends_with(" data-x-999 -n n"), "{found:?}");
    }

    #[test]
    fn a_host_stays_beside_the_new_one() {
        let rules = |hosts: &[&str]| {
            let rules: Vec<Value> = hosts.iter().map(|it| json!({ "host": it })).collect();
            Some(json!({ "spec": { "rules": rules } }))
        };
        let of = |before: &[&str], after: &[&str]| actions("Ingress", rules(before).unwrap(), rules(after));
        assert_eq!(of(&["a", "b"], &["b", "a"]), Vec::<String>::new());
        assert_eq!(
            of(&["a", "b"], &["b", "c"]),
            ["in the stack, keep the host `a` beside the new one for now"]
        );
        let hosts = |it: &[&str]| json!({ "spec": { "hostnames": it } });
        assert_eq!(
            actions("TLSRoute", hosts(&["a", "b"]), Some(hosts(&["b"]))),
            ["in the stack, keep the host `a` beside the new one for now"]
        );
    }

    #[test]
    fn two_members_have_the_same_commands() {
        let twice = || Draft { first: vec![step("a", "for x"), step("a", "for y")], ..Draft::default() };
        let mut draft = Draft::default();
        draft.add(twice());
        draft.add(twice());
        assert_eq!(draft.first.len(), 2);
    }

    #[test]
    fn names_are_words_for_a_shell() {
        assert_eq!(word("system:auth-delegator"), "system:auth-delegator");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("a'; rm -rf /"), r"'a'\''; rm -rf /'");
        assert_eq!(word("$(id)"), "'$(id)'");
        assert_eq!(word("a!b"), "'a!b'");
        assert_eq!(word("--all"), "NAME");
    }
}
