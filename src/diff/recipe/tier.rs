//! What the engine of a tier wants: the order of an upgrade, members that go, what counts at the first start alone.

use serde_json::Value;

use super::{Advice, Dish, Draft, Kitchen, is_word, kubectl, namespaced, retain, stateful_set, step, word};
use crate::diff::impact::pods::replicas;
use crate::diff::object::Item;
use crate::diff::tiers;
use crate::k8s::crd::{cnpg, rabbitmq, redis, strimzi};
use crate::k8s::labels;
use crate::stateful::AnyTier;
use crate::stateful::procedure::Stage;
use crate::stateful::upgrade::{Change, Pair, What};

/// The tier that an object is of.
#[derive(Clone, Copy, Debug)]
pub(in crate::diff) struct Tier<'a> {
    /// Its name.
    pub name: &'a str,
    /// As it was, where that is known; else as it is.
    pub was: &'a AnyTier,
    /// The domain of the cluster.
    pub domain: &'a str,
}

/// A copy of what the tier keeps; words where its commands are not known.
pub(super) fn backup(dish: &Dish<'_>) -> Vec<Advice> {
    let Some(tier) = dish.tier else {
        return vec![step(
            "take a backup of what it keeps",
            "what its program needs for that is not known here",
        )];
    };
    if is_without_data(dish, tier) {
        return Vec::new();
    }
    let names = Names::of(dish, tier);
    if names.method.is_none() {
        return vec![step(
            format!("take a backup of what {} keeps, elsewhere", tier.name),
            "no place for backups is described for it, so that its operator has none",
        )];
    }
    filled(tier.was.0.procedures().backup, &names)
}

/// Whether it is a part of the tier whose pods are no servers of its engine.
fn is_without_data(dish: &Dish<'_>, tier: Tier<'_>) -> bool {
    dish.before.or(dish.after).is_some_and(|it| !tiers::has_data(it, tier.name, tier.was))
}

/// Keeps the volumes of an operator's claims, where they go with its resource.
pub(super) fn retained(item: &Item) -> Vec<Advice> {
    let at = namespaced(item);
    let (group, name) = (&*item.id.group, &item.id.name);
    let stay = |query: &str, who: &str| {
        vec![step(
            format!("kubectl get pvc{at}{query}"),
            format!(
                "{who}, the operator leaves its claims there with what is on them; nothing uses them any more"
            ),
        )]
    };
    let of_cluster =
        || format!(" -l {}", word(&format!("{}={}", strimzi::CLUSTER, item.label(strimzi::CLUSTER))));
    let query = match group {
        cnpg::GROUP => format!(" -l {}", word(&format!("{}={name}", cnpg::CLUSTER))),
        // `metadata.Label` of its source, and the owner of its claims: github.com/rabbitmq/cluster-operator,
        // `internal/resource/statefulset.go`.
        rabbitmq::GROUP => {
            let (own, whole) = (labels::NAME, labels::PART_OF);
            format!(" -l {}", word(&format!("{own}={name},{whole}=rabbitmq")))
        }
        // `deleteClaim` of the schema reference of strimzi.io/docs; `finalizer.go` of github.com/OT-CONTAINER-KIT/redis-operator.
        strimzi::GROUP if !deletes_claims(item) => return stay(&of_cluster(), "without `deleteClaim`"),
        strimzi::GROUP => of_cluster(),
        redis::GROUP if item.at("/spec/storage/keepAfterDelete") == Some(&Value::Bool(true)) => {
            return stay("", "with `keepAfterDelete`");
        }
        _ => {
            return vec![step(
                format!("kubectl get pvc{at}"),
                "the volumes of those that are its own are set to `Retain` before it goes",
            )];
        }
    };
    let list = format!("kubectl get pvc{at}{query} -o jsonpath='{{.items[*].spec.volumeName}}'");
    vec![step(
        format!("for volume in $({list}); do kubectl patch pv \"$volume\" {}; done", super::RETAIN),
        "the operator's claims go with its resource: their volumes, and what is on them, stay",
    )]
}

/// Whether Strimzi deletes a claim of a pool with it.
fn deletes_claims(pool: &Item) -> bool {
    let storage = pool.at("/spec/storage");
    let volumes = storage.and_then(|it| it.get("volumes")?.as_array()).into_iter().flatten();
    storage.into_iter().chain(volumes).any(|it| it.get("deleteClaim") == Some(&Value::Bool(true)))
}

/// How the backups of a cluster are made; nothing where it has no place for them
/// (cloudnative-pg.io/docs: Backup; Barman Cloud plugin).
fn method(item: &Item) -> Option<String> {
    if item.id.group != cnpg::GROUP {
        return Some(String::new());
    }
    let plugins = item.at("/spec/plugins").and_then(Value::as_array).into_iter().flatten();
    if plugins.filter_map(|it| it.get("name")?.as_str()).any(|it| it == cnpg::BARMAN_CLOUD) {
        return Some(format!(" --method=plugin --plugin-name={}", cnpg::BARMAN_CLOUD));
    }
    let has = |at: &str| item.at(at).is_some();
    if has("/spec/backup/barmanObjectStore") {
        return Some(String::new());
    }
    has("/spec/backup/volumeSnapshot").then(|| " --method=volumeSnapshot".to_owned())
}

/// Puts the copy back.
pub(super) fn restore(dish: &Dish<'_>) -> Vec<Advice> {
    let known = dish.tier.map(|it| (it, it.was.0.procedures().restore)).filter(|it| !it.1.is_empty());
    known.map_or_else(
        || vec![step("restore the backup", "the new pods began empty")],
        |(tier, stages)| filled(stages, &Names::of(dish, tier)),
    )
}

/// Stops who calls the tier before its copy is taken, and starts them once it is back.
pub(super) fn held(kitchen: &Kitchen<'_>, dish: &Dish<'_>, mut draft: Draft) -> Draft {
    let callers = dish.tier.map(|it| kitchen.users.callers(it.name)).unwrap_or_default();
    let (mut first, start) = super::users::held(&callers);
    first.append(&mut draft.first);
    draft.then.extend(restore(dish));
    draft.then.extend(start);
    Draft { first, pause: true, ..draft }
}

/// What to do for what a change means to the tier.
pub(super) fn draft(kitchen: &Kitchen<'_>, dish: &Dish<'_>) -> Draft {
    let mut draft = Draft::default();
    let (Some(tier), Some(item)) = (dish.tier, dish.before.or(dish.after)) else { return draft };
    for fact in dish.facts {
        draft.add(of(kitchen, dish, tier, item, fact));
    }
    draft
}

fn of(kitchen: &Kitchen<'_>, dish: &Dish<'_>, tier: Tier<'_>, item: &Item, fact: &Change) -> Draft {
    let known = tier.was.0.procedures();
    let names = Names::of(dish, tier);
    let lines = |pair: &Pair| names.clone().between(tier, pair);
    match &fact.what {
        What::MajorUpgrade(_) | What::Upgrade(_) if is_without_data(dish, tier) => Draft::default(),
        What::MajorUpgrade(pair) if known.restore.is_empty() => upgrade(dish, &lines(pair), known),
        What::MajorUpgrade(_) => converted(kitchen, dish, item),
        What::FixedAtStart(_) if fact.at == ["version"] => converted(kitchen, dish, item),
        What::Upgrade(pair) => upgrade(dish, &lines(pair), known),
        What::SkippedLines(pair, stops) => {
            let mut draft = Draft::default();
            for stop in stops {
                draft.instead.push(step(
                    format!("in the stack, `version: \"{stop}\"` first, and all that its own upgrade wants"),
                    format!("the way from {} to {} leads over it: {}", pair.from, pair.to, fact.how),
                ));
            }
            draft
        }
        What::Downgrade(pair) => instead(
            format!("in the stack, leave `version: \"{}\"`", pair.from),
            format!(
                "{}; the other way is a backup of the time of {}, restored into an empty tier",
                fact.how, pair.to
            ),
        ),
        What::FixedAtStart(pair) => instead(
            format!("in the stack, put `{}` back to `{}`", fact.at.join("."), pair.from),
            fact.how.clone(),
        ),
        What::FewerMembers(what, pair) => fewer(dish, tier, item, what, pair, &fact.how),
        What::MoreMembers(..) => Draft {
            then: vec![step(format!("see to what is more of {}", tier.name), fact.how.clone())],
            ..Draft::default()
        },
        What::Engine(pair) | What::Backend(pair) => instead(
            format!("in the stack, describe the new tier beside `{}` under another name", tier.name),
            format!(
                "from {} to {}: {}; copy what is there, move `uses`, then take the old one out",
                pair.from, pair.to, fact.how
            ),
        ),
        What::ShrinkingClaim(pair) if !matches!(&*item.id.kind, "StatefulSet" | "PersistentVolume") => instead(
            format!("in the stack, describe a second tier beside `{}` with claims of {}", tier.name, pair.to),
            "the operator keeps its claims: the data moves by a backup, then `uses` moves, then the old tier goes".to_owned(),
        ),
        // The claims themselves say what to do.
        What::ShrinkingClaim(_) | What::GrowingClaim(_) | What::StorageClass(_) => Draft::default(),
        What::StorageGone => Draft { first: backup(dish), ..Draft::default() },
    }
}

fn instead(action: String, why: String) -> Draft {
    Draft { instead: vec![step(action, why)], ..Draft::default() }
}

fn upgrade(dish: &Dish<'_>, names: &Names, known: &crate::stateful::procedure::Procedures) -> Draft {
    let mut first = backup(dish);
    first.extend(filled(known.before_upgrade, names));
    Draft { first, then: filled(known.after_upgrade, names), ..Draft::default() }
}

/// Data that the new server does not read: out, an empty start, and in.
fn converted(kitchen: &Kitchen<'_>, dish: &Dish<'_>, item: &Item) -> Draft {
    let mut draft = Draft { first: backup(dish), pause: true, ..Draft::default() };
    if item.id.kind == "StatefulSet" {
        let claims: Vec<String> = stateful_set::claims(item).into_iter().flat_map(|it| it.1).collect();
        draft.first.extend(claims.iter().map(|it| retain(it, item.id.namespace.as_deref())));
        draft.first.push(step(kubectl("delete", item, ""), "claims are deleted only while no pod has them"));
        let why = "the new server begins empty; what is on the old volumes stays";
        draft.first.extend(stateful_set::let_go(item, &claims, why));
        if stateful_set::is_by_hand(item) {
            draft.first.push(step(
                "move what is on the volumes aside, where it is kept",
                "the new description leads to the same place, and the new server must find it empty",
            ));
        }
        draft.then.push(step(stateful_set::ready(item), "the new server is empty, and ready"));
    }
    held(kitchen, dish, draft)
}

fn fewer(dish: &Dish<'_>, tier: Tier<'_>, item: &Item, what: &str, pair: &Pair, how: &str) -> Draft {
    let known = tier.was.0.procedures().removals.iter().find(|it| it.what == what);
    let mut draft = Draft { pause: true, ..Draft::default() };
    let whole = tier.was.0.standing().members.iter().any(|it| it.what == what && it.parts.is_empty());
    if let (Some(removal), None, true) = (known, dish.after, whole) {
        // A controller goes with all its pods, which have the same.
        let names = Names::of(dish, tier);
        draft.first = backup(dish);
        draft.first.extend(filled(removal.before, &names));
        draft.then = filled(removal.after, &names);
        return draft;
    }
    for pod in going(dish, item, pair) {
        let names = Names { last: pod.clone(), ..Names::of(dish, tier) };
        match known {
            Some(removal) => {
                draft.first.extend(filled(removal.before, &names));
                for step in filled(removal.after, &names) {
                    // What is done once for all that went.
                    if !draft.then.iter().any(|it: &Advice| it.action == step.action) {
                        draft.then.push(step);
                    }
                }
            }
            None => draft.first.push(step(format!("take {pod} out of the {what}"), how)),
        }
        for (template, _) in stateful_set::claims(item) {
            let command =
                format!("kubectl delete pvc {}{}", word(&format!("{template}-{pod}")), namespaced(item));
            draft.then.push(step(
                command,
                "a pod that comes back with the data of one that was taken out does not join",
            ));
        }
    }
    if draft.first.is_empty() && draft.then.is_empty() {
        draft.first.push(step(format!("see to the {what} that go"), how));
    }
    draft
}

/// The pods that go, the last one first; none where another object, or its operator, says how many there are.
fn going(dish: &Dish<'_>, item: &Item, pair: &Pair) -> Vec<String> {
    let scaled = dish.changes.iter().any(|(it, _)| it.path.words() == ["spec", "replicas"]);
    if item.id.kind != "StatefulSet" || !scaled || replicas(item) > stateful_set::MOST_PODS {
        return Vec::new();
    }
    let stay = pair.to.parse().unwrap_or(usize::MAX);
    stateful_set::pods(item).into_iter().skip(stay).rev().collect()
}

/// What the places of a command are for this object.
#[derive(Clone, Debug)]
struct Names {
    name: String,
    namespace: String,
    pod: String,
    last: String,
    domain: String,
    user: String,
    /// The object's own name.
    set: String,
    /// The options of its operator's backups; nothing where it makes none.
    method: Option<String>,
    from: String,
    to: String,
}

impl Names {
    fn of(dish: &Dish<'_>, tier: Tier<'_>) -> Self {
        let item = dish.before.or(dish.after);
        let pods = item.map(stateful_set::pods).unwrap_or_default();
        let namespace = item.and_then(|it| it.id.namespace.clone()).unwrap_or_default();
        let service = item.map(|it| it.text("/spec/serviceName").to_owned()).unwrap_or_default();
        let fixed = tier.was.0.standing().fixed;
        let user = fixed
            .iter()
            .find(|it| it.at == ["user"])
            .map_or_else(|| "root".to_owned(), |it| it.value.clone());
        Self {
            name: tier.name.to_owned(),
            pod: pods.first().cloned().unwrap_or_default(),
            last: pods.last().cloned().unwrap_or_default(),
            domain: format!("{service}.{namespace}.svc.{}", tier.domain),
            namespace,
            user,
            set: item.map(|it| it.id.name.clone()).unwrap_or_default(),
            method: item.map_or_else(|| Some(String::new()), method),
            from: String::new(),
            to: String::new(),
        }
    }

    /// With the lines of two versions, as the engine names them.
    fn between(self, tier: Tier<'_>, pair: &Pair) -> Self {
        let table = tier.was.0.standing().release.map(|it| it.table);
        let line = |tag: &str| table.and_then(|it| it.line(tag)).map_or(tag, |it| it.version).to_owned();
        Self { from: line(&pair.from), to: line(&pair.to), ..self }
    }
}

/// Fills in the places. Some are inside quotes of the command: what is no plain word, as names of a stream may be, is left to
/// a person.
fn filled(stages: &[Stage], names: &Names) -> Vec<Advice> {
    let ordinal = names.last.rsplit('-').next().unwrap_or_default();
    let places = [
        ("{name}", names.name.as_str()),
        ("{namespace}", &names.namespace),
        ("{pod}", &names.pod),
        ("{last}", &names.last),
        ("{ordinal}", ordinal),
        ("{domain}", &names.domain),
        ("{user}", &names.user),
        ("{set}", &names.set),
        ("{from}", &names.from),
        ("{to}", &names.to),
    ];
    let fill = |text: &str| {
        let text = text.replace("{method}", names.method.as_deref().unwrap_or_default());
        places.iter().fold(text, |text, (place, value)| {
            let unknown = place.trim_matches(['{', '}']).to_uppercase();
            text.replace(place, if is_word(value) { value } else { &unknown })
        })
    };
    stages.iter().map(|it| step(fill(it.run), fill(it.why))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::item;

    #[test]
    fn a_name_that_is_no_word_is_left_to_a_person() {
        let names = |set: &str| Names {
            name: "db".to_owned(),
            namespace: "n; id".to_owned(),
            pod: format!("{set}-0"),
            last: format!("{set}-2"),
            domain: format!("{set}-headless.n.svc.cluster.local"),
            user: "a' b".to_owned(),
            set: set.to_owned(),
            method: Some(" --method=plugin".to_owned()),
            from: String::new(),
            to: "8.0".to_owned(),
        };
        let stage = [Stage {
            run: "x {pod} {last} {ordinal} {domain} {set} -n {namespace}{method} -e '{user} {from} {to}'",
            why: "{last} goes",
        }];
        let found = filled(&stage, &names("db"));
        assert_eq!(
            found,
            [step(
                "x db-0 db-2 2 db-headless.n.svc.cluster.local db -n NAMESPACE --method=plugin -e 'USER FROM 8.0'",
                "db-2 goes"
            )]
        );
        let found = filled(&stage, &names("$(id)"));
        assert_eq!(
            found[0].action,
            "x POD LAST 2 DOMAIN SET -n NAMESPACE --method=plugin -e 'USER FROM 8.0'"
        );
    }

    #[test]
    fn what_becomes_of_an_operators_claims() {
        let of = |kind: &str, group: &'static str, spec: Value| {
            let labels = json!({ "labels": { strimzi::CLUSTER: "bus" } });
            let mut it = item(kind, json!({ "metadata": labels, "spec": spec }));
            it.id.group = group.into();
            retained(&it).remove(0).action
        };
        let query = |query: &str| format!("for volume in $(kubectl get pvc -n n -l {query} -o jsonpath=");
        let pool = |deletes: bool| json!({ "storage": { "volumes": [{ "deleteClaim": deletes }] } });
        let redis =
            |keeps: bool| of("Redis", redis::GROUP, json!({ "storage": { "keepAfterDelete": keeps } }));
        assert!(of("Cluster", cnpg::GROUP, json!({})).starts_with(&query("cnpg.io/cluster=x")));
        assert!(
            of("RabbitmqCluster", rabbitmq::GROUP, json!({}))
                .starts_with(&query("app.kubernetes.io/name=x,app.kubernetes.io/part-of=rabbitmq"))
        );
        assert_eq!(
            of("KafkaNodePool", strimzi::GROUP, pool(false)),
            "kubectl get pvc -n n -l strimzi.io/cluster=bus"
        );
        assert!(
            of("KafkaNodePool", strimzi::GROUP, pool(true)).starts_with(&query("strimzi.io/cluster=bus"))
        );
        assert_eq!(
            (redis(true), redis(false)),
            ("kubectl get pvc -n n".to_owned(), "kubectl get pvc -n n".to_owned())
        );
    }
}
