//! StatefulSets: what of them never changes, and the claims of their pods.
//!
//! Deleted with `--cascade=orphan`, its pods and claims stay, and a new one of the same name takes the pods that its selector
//! fits (kubernetes.io/docs/tasks/run-application/delete-stateful-set; kubernetes.io/docs/concepts/architecture/garbage-collection).
//! Claims grow where their class allows it, and never shrink
//! (kubernetes.io/docs/concepts/storage/persistent-volumes, on expanding claims).

use serde_json::{Value, json};

use super::{Advice, Dish, Draft, Kitchen, kubectl, namespaced, retain, step, word};
use crate::diff::compare::{What, amount};
use crate::diff::impact::Impact;
use crate::diff::impact::pods::{first, replicas};
use crate::diff::object::Item;

/// The templates of claims, each with the names of the claims that its pods have.
pub(super) fn claims(item: &Item) -> Vec<(String, Vec<String>)> {
    if item.id.kind != "StatefulSet" {
        return Vec::new();
    }
    let templates = item.at("/spec/volumeClaimTemplates").and_then(Value::as_array);
    let Some(templates) = templates.filter(|it| !it.is_empty()) else { return Vec::new() };
    let pods = pods(item);
    let names = templates.iter().filter_map(|it| it.pointer("/metadata/name")?.as_str().map(str::to_owned));
    let all = |name: String| {
        let own = pods.iter().map(|it| format!("{name}-{it}")).collect();
        (name, own)
    };
    names.map(all).collect()
}

/// How many pods are named at most: a stream may say any number, and nobody runs a command for each of so many.
pub(super) const MOST_PODS: u64 = 1000;

/// The names of its pods, the first one first, [`MOST_PODS`] at most.
pub(super) fn pods(item: &Item) -> Vec<String> {
    let start = first(item);
    let end = start.saturating_add(replicas(item).min(MOST_PODS));
    (start..end).map(|it| format!("{}-{it}", item.id.name)).collect()
}

/// Waits until its pods are ready; those that are replaced only when somebody deletes them have no rollout
/// (kubernetes.io/docs/concepts/workloads/controllers/statefulset, on `OnDelete`).
pub(super) fn ready(item: &Item) -> String {
    if item.text("/spec/updateStrategy/type") != "OnDelete" {
        return kubectl("rollout status", item, "");
    }
    let pods: Vec<String> = pods(item).iter().map(|it| word(&format!("pod/{it}"))).collect();
    format!("kubectl wait --for=condition=Ready {}{} --timeout=30m", pods.join(" "), namespaced(item))
}

const ORPHAN: &str =
    "its pods and claims stay and serve; no pod that fails is replaced until the new one is there";

/// Takes the StatefulSet away without its pods.
fn orphan(before: &Item) -> Advice {
    step(kubectl("delete", before, "--cascade=orphan"), ORPHAN)
}

/// What to do for a changed StatefulSet.
pub(super) fn draft(kitchen: &Kitchen<'_>, dish: &Dish<'_>, before: &Item, after: &Item) -> Draft {
    let mut draft = Draft::default();
    if before.id.kind != "StatefulSet" {
        return draft;
    }
    // Of templates that go: the names of the claims.
    let mut left: Option<Vec<String>> = None;
    for (words, what) in dish.of(Impact::Data) {
        match (&words[..], what) {
            (["spec", "volumeClaimTemplates", template, "spec", "resources", ..], _) => {
                draft.add(smaller(kitchen, dish, before, after, template));
            }
            (["spec", "replicas"] | ["spec", "ordinals", ..], _) => {
                draft.add(kept_when_scaled(before, after));
            }
            (["spec", "volumeClaimTemplates"], What::Removed(_)) => {
                left.get_or_insert_default().extend(every_claim(before));
            }
            (["spec", "volumeClaimTemplates", template], What::Removed(_)) => {
                left.get_or_insert_default().extend(of_template(before, template));
            }
            _ => {}
        }
    }
    let gone = kubectl("delete", before, "");
    if draft.first.iter().any(|it| it.action == gone) {
        // It is made anew with all that it has.
        return draft;
    }
    draft.first.extend(left.iter().flatten().map(|it| retain(it, namespace(before))));
    let changes: Vec<_> = dish.of(Impact::Recreate).collect();
    if changes.is_empty() && left.is_none() {
        return draft;
    }
    draft.pause = true;
    for (words, what) in &changes {
        if let (["spec", "volumeClaimTemplates", template, "spec", "resources", ..], What::Changed(from, to)) =
            (&words[..], what)
            && amount(to) > amount(from)
        {
            draft.first.extend(larger(before, template, to));
        }
    }
    draft.first.push(orphan(before));
    let selector = changes.iter().any(|(words, _)| words.starts_with(&["spec", "selector"]));
    if selector {
        draft.first.extend(relabelled(before, after));
    }
    let watch = "it takes over the pods that its selector fits, and replaces those whose template differs";
    draft.then.push(step(ready(after), watch));
    if changes.iter().any(|(words, _)| words[..] == ["spec", "serviceName"]) {
        let why = "pods have the names of the new Service once they are new themselves";
        draft.then.push(step(kubectl("rollout restart", after, ""), why));
    }
    let classes: Vec<&str> = changes
        .iter()
        .filter_map(|(words, _)| match words[..] {
            ["spec", "volumeClaimTemplates", template, "spec", "storageClassName"] => Some(template),
            _ => None,
        })
        .collect();
    if !classes.is_empty() {
        let class = other_class(kitchen, dish, before, &classes);
        // What is copied comes before the object goes.
        draft.first.splice(0..0, class.first);
        draft.then.extend(class.then);
    }
    draft
}

fn namespace(item: &Item) -> Option<&str> {
    item.id.namespace.as_deref()
}

fn every_claim(item: &Item) -> impl Iterator<Item = String> + use<> {
    claims(item).into_iter().flat_map(|it| it.1)
}

fn of_template(item: &Item, template: &str) -> Vec<String> {
    claims(item).into_iter().find(|it| it.0 == template).map(|it| it.1).unwrap_or_default()
}

/// The class of a template's claims; none where the cluster's default is meant.
fn class<'a>(item: &'a Item, template: &str) -> Option<&'a str> {
    let templates = item.at("/spec/volumeClaimTemplates")?.as_array()?;
    let one =
        templates.iter().find(|it| it.pointer("/metadata/name").and_then(Value::as_str) == Some(template))?;
    one.pointer("/spec/storageClassName")?.as_str()
}

fn larger(before: &Item, template: &str, size: &Value) -> Vec<Advice> {
    let claims = of_template(before, template);
    let at = namespaced(before);
    let Some(first) = claims.first() else { return Vec::new() };
    let size = size.as_str().map_or_else(|| size.to_string(), str::to_owned);
    let mut steps = Vec::new();
    match class(before, template) {
        // A volume that somebody made by hand has no class that could make it larger.
        Some("") => return steps,
        Some(class) => steps.push(step(
            format!("kubectl get storageclass {} -o jsonpath='{{.allowVolumeExpansion}}'", word(class)),
            "`true`: claims of this class grow; else restore a backup into larger ones",
        )),
        None => steps.push(step(
            format!("kubectl get pvc {}{at} -o jsonpath='{{.spec.storageClassName}}'", word(first)),
            "its class must say `allowVolumeExpansion: true`; else restore a backup into larger claims",
        )),
    }
    let patch = json!({ "spec": { "resources": { "requests": { "storage": size } } } }).to_string();
    for claim in &claims {
        steps.push(step(
            format!("kubectl patch pvc {}{at} --type merge -p {}", word(claim), word(&patch)),
            "a claim grows where it stands; the template is for claims to come",
        ));
    }
    steps
}

/// Makes the pods that are there fit the new selector, so that they are taken over.
fn relabelled(before: &Item, after: &Item) -> Vec<Advice> {
    let labels = |it: &Item| super::selector::labels(it);
    let (old, new) = (labels(before), labels(after));
    let changed: Vec<String> = new
        .iter()
        .filter(|it| !old.contains(it))
        .map(|(key, value)| word(&format!("{key}={value}")))
        .collect();
    if changed.is_empty() || old.is_empty() {
        return Vec::new();
    }
    let pairs: Vec<String> = old.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let command = format!(
        "kubectl label pods{} -l {} --overwrite {}",
        namespaced(before),
        word(&pairs.join(",")),
        changed.join(" ")
    );
    vec![step(
        command,
        "pods that the new selector does not fit would keep their names, and no new pod could start",
    )]
}

/// A claim never shrinks: what it has goes elsewhere and comes back.
fn smaller(kitchen: &Kitchen<'_>, dish: &Dish<'_>, before: &Item, after: &Item, template: &str) -> Draft {
    let mut draft = Draft { pause: true, ..Draft::default() };
    draft.first.extend(super::tier::backup(dish));
    let claims = of_template(before, template);
    draft.first.extend(claims.iter().map(|it| retain(it, namespace(before))));
    draft.first.push(step(
        kubectl("delete", before, ""),
        "its pods stop; claims are deleted only while nobody has them",
    ));
    draft.first.extend(let_go(
        before,
        &claims,
        "the new pods make smaller ones; what is on the volumes stays",
    ));
    let by_hand = is_by_hand(before);
    let found = if by_hand { "the new pods find what is on the volumes" } else { "the new pods begin empty" };
    draft.then.push(step(ready(after), found));
    if by_hand { draft } else { super::tier::held(kitchen, dish, draft) }
}

/// Whether its volumes are described by somebody, so that a new claim finds what the old one had.
pub(super) fn is_by_hand(item: &Item) -> bool {
    claims(item).iter().any(|(template, _)| class(item, template) == Some(""))
}

/// Deletes claims whose volumes are retained.
pub(super) fn let_go(item: &Item, claims: &[String], why: &str) -> Vec<Advice> {
    let at = namespaced(item);
    let mut steps = Vec::new();
    if is_by_hand(item) {
        steps.extend(claims.iter().map(|it| {
            let volume = format!("kubectl get pvc {}{at} -o jsonpath='{{.spec.volumeName}}'", word(it));
            let why = "its description alone, which goes with the claim: what is on it stays, for the new one to find";
            step(format!("kubectl delete pv \"$({volume})\" --wait=false"), why)
        }));
    }
    let all: Vec<String> = claims.iter().map(|it| word(it)).collect();
    steps.push(step(format!("kubectl delete pvc {}{at}", all.join(" ")), why));
    steps
}

/// Claims keep their class: pods get new ones, one after the other.
fn other_class(kitchen: &Kitchen<'_>, dish: &Dish<'_>, before: &Item, templates: &[&str]) -> Draft {
    let pods = pods(before);
    let mut copy = super::tier::backup(dish);
    let claims = templates.iter().flat_map(|it| of_template(before, it));
    copy.extend(claims.map(|it| retain(&it, namespace(before))));
    if pods.len() < 2 {
        let then = pods.iter().map(|it| anew(before, templates, it, "the new pod begins empty")).collect();
        return super::tier::held(kitchen, dish, Draft { first: copy, then, ..Draft::default() });
    }
    let why = "only where the engine fills an empty member from the others, and each is whole again before the next one; where it has no failover, promote another before the primary goes";
    copy.extend(pods.iter().rev().map(|it| anew(before, templates, it, why)));
    Draft { then: copy, ..Draft::default() }
}

/// A pod with new claims.
fn anew(before: &Item, templates: &[&str], pod: &str, why: &str) -> Advice {
    let at = namespaced(before);
    let claims: Vec<String> = templates.iter().map(|it| word(&format!("{it}-{pod}"))).collect();
    let (claims, pod) = (claims.join(" "), word(pod));
    step(format!("kubectl delete pvc {claims}{at} --wait=false && kubectl delete pod {pod}{at}"), why)
}

/// Claims that are deleted with the pods that go. The new description says so too: their volumes are kept.
fn kept_when_scaled(before: &Item, after: &Item) -> Draft {
    let stay = pods(after);
    let going = |claim: &String| !stay.iter().any(|it| claim.ends_with(&format!("-{it}")));
    let first = every_claim(before).filter(going).map(|it| retain(&it, namespace(before))).collect();
    Draft { first, pause: true, ..Draft::default() }
}
