//! What becomes of running pods.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Effect, Impact};
use crate::diff::compare::{Change, What};
use crate::diff::object::Item;
use crate::diff::scaling::Scaling;
use crate::diff::text::plural;

/// What is said of a StatefulSet with another image where nothing is known of its data.
pub(in crate::diff) const NOT_CHECKED: &str =
    "; whether the new image reads the data that is there is not checked";

/// What a change of the template of pods does: the controller replaces them, in the way that its strategy says
/// (kubernetes.io/docs/concepts/workloads/controllers/deployment, on strategies, and statefulset, on update strategies).
pub(super) fn replaced(before: &Item, after: &Item, change: &Change, scaling: &Scaling) -> Effect {
    let because = match &change.what {
        What::Files(map, keys) => format!("its pods read {} of ConfigMap {map}: ", keys.join(", ")),
        _ => String::new(),
    };
    if after.id.kind == "CronJob" || after.id.kind == "Job" {
        return Effect::new(Impact::Hot, because + "from the next run on");
    }
    let strategy = match &*after.id.kind {
        "Deployment" => "/spec/strategy",
        _ => "/spec/updateStrategy",
    };
    if after.text(&format!("{strategy}/type")) == "OnDelete" {
        let why = "its pods are replaced when somebody deletes them (`OnDelete`)";
        return Effect::new(Impact::Hot, because + why);
    }
    // Those that run are replaced; how many there are to be says how many may be away meanwhile.
    let (number, wanted) = (replicas(before), replicas(after));
    let (range, earlier) = (scaling.of(after), scaling.was(before));
    // Where nobody says a number, an autoscaler has set one that is not known here.
    let least = range.map_or(wanted, |(least, _)| least.max(1));
    let mut effect = match &*after.id.kind {
        "DaemonSet" if after.text("/spec/updateStrategy/rollingUpdate/maxUnavailable") == "100%" => {
            Effect::new(Impact::Downtime, "the pods of all nodes may stop at once (`maxUnavailable`)")
        }
        "DaemonSet" => Effect::new(Impact::Rolling, "the pod of each node is replaced, node by node"),
        _ if range.is_none() && (number == 0 && earlier.is_none() || wanted == 0) => {
            return Effect::new(Impact::None, because + "no pod runs");
        }
        "Rollout" => Effect::new(Impact::Rolling, "Argo Rollouts replaces its pods by its steps"),
        "StatefulSet" => stateful(after, least),
        _ => deployed(after, least),
    };
    if after.id.kind != "DaemonSet" {
        let running = earlier.or(range);
        effect.pods = Some(number).filter(|_| running.is_none());
        let pods =
            running.map_or_else(|| plural(number, "pod"), |(least, most)| format!("{least} to {most} pods"));
        effect.reason = format!("{pods}: {}", effect.reason);
    }
    if before.text(&format!("{strategy}/type")) != after.text(&format!("{strategy}/type")) {
        effect.reason.push_str("; the strategy changes with it");
    }
    if after.id.kind == "StatefulSet" && change.path.words().last() == Some(&"image") {
        effect.reason.push_str(NOT_CHECKED);
    }
    effect.reason.insert_str(0, &because);
    effect
}

/// How a Deployment of so many pods replaces them.
fn deployed(after: &Item, pods: u64) -> Effect {
    if after.text("/spec/strategy/type") == "Recreate" {
        let why = "all stop before the new ones start (`Recreate`)";
        return Effect::new(Impact::Downtime, why);
    }
    let share = |pointer: &str, up: bool| {
        let percent = |text: &str| text.strip_suffix('%').and_then(|it| it.parse::<u64>().ok());
        match after.at(pointer) {
            Some(Value::String(text)) => percent(text).map(|it| part(it, pods, up)),
            Some(value) => value.as_u64(),
            None => Some(part(25, pods, up)),
        }
    };
    // Surge is rounded up and what may be away down; where both come out as nothing, one may be away.
    let surge = share("/spec/strategy/rollingUpdate/maxSurge", true).unwrap_or(0);
    let away = share("/spec/strategy/rollingUpdate/maxUnavailable", false).unwrap_or(0);
    let away = if surge == 0 && away == 0 { 1 } else { away };
    if away >= pods {
        let why = if pods == 1 { "it may stop before the new one is ready" } else { "all may stop at once" };
        return Effect::new(Impact::Downtime, format!("{why} (`maxUnavailable`)"));
    }
    Effect::new(Impact::Rolling, "replaced while the others serve")
}

/// How a StatefulSet of so many pods replaces them.
fn stateful(after: &Item, pods: u64) -> Effect {
    let partition =
        after.at("/spec/updateStrategy/rollingUpdate/partition").and_then(Value::as_u64).unwrap_or(0);
    if partition >= pods {
        return Effect::new(Impact::Hot, format!("none is replaced, below the partition of {partition}"));
    }
    if pods == 1 {
        return Effect::new(Impact::Downtime, "the only one stops before the new one starts");
    }
    let whom = if partition > 0 { format!("from number {partition} on, ") } else { String::new() };
    Effect::new(Impact::Rolling, format!("{whom}one after the other, each stopped before the new one starts"))
}

/// A percentage of a number.
fn part(percent: u64, of: u64, up: bool) -> u64 {
    let whole = percent.saturating_mul(of);
    if up { whole.div_ceil(100) } else { whole / 100 }
}

/// What another number of pods does; none where a change says nothing of it.
pub(super) fn number(before: &Item, after: &Item, change: &Change, scaling: &Scaling) -> Option<Effect> {
    let (words, what) = (change.path.words(), &change.what);
    let scaler = matches!(&*after.id.kind, "HorizontalPodAutoscaler" | "ScaledObject");
    if scaler {
        let of = |it: &str| it.ends_with("Replicas") || it.ends_with("ReplicaCount");
        let counts = matches!(words[..], ["spec", field] if of(field));
        return counts.then(|| Effect::new(Impact::Scale, "the range of the autoscaler moves"));
    }
    if after.id.kind == "StatefulSet" && words.starts_with(&["spec", "ordinals"]) {
        return Some(numbered(before, after, scaling));
    }
    let counted = matches!(&*after.id.kind, "Deployment" | "ReplicaSet" | "Rollout" | "StatefulSet");
    if !counted || words != ["spec", "replicas"] {
        return None;
    }
    let was = scaling.was(before);
    if let Some((least, most)) = scaling.of(after) {
        // On "Migrating Deployments and StatefulSets to horizontal autoscaling" in
        // kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale.
        let set = replicas(before);
        if was.is_none() && set != 1 && matches!(what, What::Removed(_)) {
            let why = format!(
                "{set} to 1 pod where `kubectl apply` takes `replicas` out, until the autoscaler keeps {least} to {most}; take it out of \
                 what was applied last before (`kubectl apply edit-last-applied`); a replacement says `replicas: {set}`"
            );
            return Some(Effect::new(Impact::Scale, why));
        }
        return Some(Effect::new(Impact::Hot, format!("an autoscaler keeps {least} to {most} pods")));
    }
    // What an autoscaler kept is at most its range.
    let (from, to) = (was.map_or_else(|| replicas(before), |it| it.1), replicas(after));
    let impact = match (from, to) {
        (1.., 0) => Impact::Downtime,
        _ if after.id.kind == "StatefulSet" && to < from && after.text(WHEN_SCALED) == "Delete" => {
            Impact::Data
        }
        _ => Impact::Scale,
    };
    let mut reason = match was {
        Some((least, most)) => {
            let fewer = if to < least { "fewer than the" } else { "instead of the" };
            format!("{}, {fewer} {least} to {most} that an autoscaler kept", plural(to, "pod"))
        }
        None => format!("{from} to {}", plural(to, "pod")),
    };
    if after.id.kind == "StatefulSet" && to < from && after.at("/spec/volumeClaimTemplates").is_some() {
        reason.push_str(match impact {
            Impact::Data => "; the claims of the others are deleted (`whenScaled: Delete`)",
            _ => "; the claims of the others stay, with what they keep",
        });
    }
    Some(Effect::new(impact, reason))
}

/// What other ordinals do: the pods outside of their range go, and others come, which have claims of their own
/// (kubernetes.io/docs/concepts/workloads/controllers/statefulset, on the start ordinal).
fn numbered(before: &Item, after: &Item, scaling: &Scaling) -> Effect {
    // What an autoscaler keeps is at most its range.
    let number = |range: Option<(u64, u64)>, item: &Item| range.map_or_else(|| replicas(item), |it| it.1);
    let ends = |item: &Item, number: u64| (first(item), first(item).saturating_add(number));
    let (from, until) = ends(before, number(scaling.was(before), before));
    let (start, end) = ends(after, number(scaling.of(after), after));
    let stay = until.min(end).saturating_sub(from.max(start));
    let gone = (until - from) - stay;
    if gone == 0 {
        return Effect::new(Impact::Scale, format!("its pods are numbered from {start} on, and none goes"));
    }
    let mut reason = plural(gone, "pod");
    if end > start {
        _ = write!(reason, " outside of the numbers {start} to {}", end - 1);
    }
    reason.push_str(if gone == 1 { " goes" } else { " go" });
    let claims = after.at("/spec/volumeClaimTemplates").is_some();
    if after.text(WHEN_SCALED) == "Delete" && claims {
        reason.push_str(", and their claims are deleted (`whenScaled: Delete`)");
        return Effect::new(Impact::Data, reason);
    }
    if claims {
        reason.push_str("; their claims stay, with what they keep, and those that come have others");
    }
    Effect::new(Impact::Downtime, reason)
}

/// The number of a StatefulSet's first pod.
pub(in crate::diff) fn first(item: &Item) -> u64 {
    item.at("/spec/ordinals/start").and_then(Value::as_u64).unwrap_or(0)
}

const WHEN_SCALED: &str = "/spec/persistentVolumeClaimRetentionPolicy/whenScaled";

/// How many pods an object asks for; one where it does not say.
pub(in crate::diff) fn replicas(item: &Item) -> u64 {
    item.at("/spec/replicas").and_then(Value::as_u64).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::{changes, item};

    /// The effect of another image in pods whose controller has this `spec` besides.
    fn restart(kind: &str, spec: &Value) -> Effect {
        let of = |image: &str| {
            let mut whole = json!({ "spec": spec });
            whole["spec"]["template"] =
                json!({ "spec": { "containers": [{ "name": "a", "image": image }] } });
            item(kind, whole)
        };
        let (before, after) = (of("a:1"), of("a:2"));
        let change = changes(&before, &after).pop().unwrap();
        replaced(&before, &after, &change, &Scaling::default())
    }

    fn impact(kind: &str, spec: &Value) -> Impact {
        restart(kind, spec).impact
    }

    #[test]
    fn the_strategy_says_who_serves_meanwhile() {
        let rolling = |surge: Value, away: Value| json!({ "strategy": { "rollingUpdate": { "maxSurge": surge, "maxUnavailable": away } } });
        // One pod: a quarter surges to one, and none may be away.
        assert_eq!(impact("Deployment", &json!({})), Impact::Rolling);
        assert_eq!(impact("Deployment", &rolling(json!(0), json!(1))), Impact::Downtime);
        assert_eq!(impact("Deployment", &rolling(json!("0%"), json!("10%"))), Impact::Downtime);
        assert_eq!(impact("Deployment", &rolling(json!(1), json!("100%"))), Impact::Downtime);
        assert_eq!(impact("Deployment", &json!({ "strategy": { "type": "Recreate" } })), Impact::Downtime);
        assert_eq!(impact("Deployment", &json!({ "replicas": 0 })), Impact::None);
        assert_eq!(impact("Deployment", &rolling(json!("18446744073709551615%"), json!(0))), Impact::Rolling);
        let three = restart("Deployment", &json!({ "replicas": 3 }));
        assert_eq!((three.impact, three.pods), (Impact::Rolling, Some(3)));
        assert_eq!(three.reason, "3 pods: replaced while the others serve");
    }

    #[test]
    fn those_that_run_are_replaced() {
        let of = |image: &str, replicas: u64| {
            let template = json!({ "spec": { "containers": [{ "name": "a", "image": image }] } });
            item("Deployment", json!({ "spec": { "replicas": replicas, "template": template } }))
        };
        let replaced = |from: u64, to: u64| {
            let (before, after) = (of("a:1", from), of("a:2", to));
            let change = changes(&before, &after).pop().unwrap();
            super::replaced(&before, &after, &change, &Scaling::default())
        };
        assert_eq!((replaced(3, 6).impact, replaced(3, 6).pods), (Impact::Rolling, Some(3)));
        assert_eq!((replaced(0, 6).impact, replaced(3, 0).impact), (Impact::None, Impact::None));
    }

    #[test]
    fn stateful_sets_stop_a_pod_first() {
        assert_eq!(impact("StatefulSet", &json!({})), Impact::Downtime);
        assert_eq!(impact("StatefulSet", &json!({ "replicas": 3 })), Impact::Rolling);
        let of = |it: Value| json!({ "replicas": 3, "updateStrategy": it });
        assert_eq!(impact("StatefulSet", &of(json!({ "type": "OnDelete" }))), Impact::Hot);
        assert_eq!(impact("StatefulSet", &of(json!({ "rollingUpdate": { "partition": 3 } }))), Impact::Hot);
        assert_eq!(
            impact("StatefulSet", &of(json!({ "rollingUpdate": { "partition": 1 } }))),
            Impact::Rolling
        );
        assert_eq!(impact("DaemonSet", &json!({})), Impact::Rolling);
        let away = |it: &str| json!({ "updateStrategy": { "rollingUpdate": { "maxUnavailable": it } } });
        assert_eq!(impact("DaemonSet", &away("50%")), Impact::Rolling);
        assert_eq!(impact("DaemonSet", &away("100%")), Impact::Downtime);
    }

    #[test]
    fn another_number_is_no_restart() {
        let of = |kind: &str, spec: Value| item(kind, json!({ "spec": spec }));
        let scaled = |kind: &str, from: Value, to: Value| {
            let (from, to) = (of(kind, from), of(kind, to));
            number(&from, &to, &changes(&from, &to)[0], &Scaling::default()).unwrap()
        };
        let replicas = |it: u64| json!({ "replicas": it });
        let up = scaled("Deployment", json!({}), replicas(3));
        assert_eq!((up.impact, up.reason.as_str()), (Impact::Scale, "1 to 3 pods"));
        assert_eq!(scaled("Deployment", replicas(3), replicas(0)).impact, Impact::Downtime);
        let kept = |it: u64, when: &str| json!({ "replicas": it, "volumeClaimTemplates": [], "persistentVolumeClaimRetentionPolicy": { "whenScaled": when } });
        assert_eq!(scaled("StatefulSet", kept(3, "Retain"), kept(2, "Retain")).impact, Impact::Scale);
        assert_eq!(scaled("StatefulSet", kept(3, "Delete"), kept(2, "Delete")).impact, Impact::Data);
        assert_eq!(scaled("StatefulSet", kept(2, "Delete"), kept(3, "Delete")).impact, Impact::Scale);
    }

    #[test]
    fn pods_outside_of_the_ordinals_go() {
        let of = |start: u64, replicas: u64, when: &str| {
            item(
                "StatefulSet",
                json!({ "spec": {
                    "replicas": replicas, "ordinals": { "start": start }, "volumeClaimTemplates": [],
                    "persistentVolumeClaimRetentionPolicy": { "whenScaled": when },
                } }),
            )
        };
        let moved = |before: &Item, after: &Item| {
            let all = changes(before, after);
            let it = all.iter().find(|it| it.path.words().starts_with(&["spec", "ordinals"])).unwrap();
            let found = super::super::effect(before, after, it, &Scaling::default());
            (found.impact, found.reason)
        };
        let (impact, reason) = moved(&of(0, 3, "Delete"), &of(2, 3, "Delete"));
        assert_eq!(impact, Impact::Data);
        let expected =
            "2 pods outside of the numbers 2 to 4 go, and their claims are deleted (`whenScaled: Delete`)";
        assert_eq!(reason, expected);
        assert_eq!(moved(&of(2, 3, "Delete"), &of(0, 3, "Delete")).0, Impact::Data);
        assert_eq!(moved(&of(0, 3, "Retain"), &of(2, 3, "Retain")).0, Impact::Downtime);
        // All that run are within the new range.
        assert_eq!(moved(&of(2, 3, "Delete"), &of(1, 4, "Delete")).0, Impact::Scale);
        assert_eq!(moved(&of(9, 3, "Delete"), &of(1, 3, "Delete")).1[..6], *"3 pods");
    }

    #[test]
    fn an_autoscaler_comes_and_goes() {
        let target = json!({ "spec": { "maxReplicas": 12, "minReplicas": 3, "scaleTargetRef": { "kind": "Deployment", "name": "x" } } });
        let scaled = || Scaling::read(&[item("HorizontalPodAutoscaler", target.clone())]);
        let (fixed, free) = (
            |it: u64| item("Deployment", json!({ "spec": { "replicas": it } })),
            item("Deployment", json!({ "spec": {} })),
        );
        let of = |from: &Item, to: &Item, scaling: &Scaling| {
            number(from, to, &changes(from, to)[0], scaling).map(|it| (it.impact, it.reason)).unwrap()
        };
        // The field is taken out, and the API server's default is one.
        let (impact, reason) = of(&fixed(6), &free, &scaled());
        assert_eq!(impact, Impact::Scale);
        assert!(
            reason.starts_with("6 to 1 pod") && reason.contains("kubectl apply edit-last-applied"),
            "{reason}"
        );
        assert_eq!(of(&fixed(6), &free, &scaled().since(&scaled())).0, Impact::Hot);
        // What ran is what the autoscaler kept.
        let gone = || Scaling::default().since(&scaled());
        let expected = "2 pods, fewer than the 3 to 12 that an autoscaler kept";
        assert_eq!(of(&free, &fixed(2), &gone()), (Impact::Scale, expected.to_owned()));
        assert_eq!(of(&free, &fixed(0), &gone()).0, Impact::Downtime);
    }

    #[test]
    fn who_is_scaled_has_a_range() {
        let target = json!({ "spec": { "maxReplicas": 9, "minReplicas": 2, "scaleTargetRef": { "kind": "Deployment", "name": "x" } } });
        let scaling = Scaling::read(&[item("HorizontalPodAutoscaler", target)]);
        let of = |image: &str| {
            item(
                "Deployment",
                json!({ "spec": { "template": { "spec": { "containers": [{ "name": "a", "image": image }] } } } }),
            )
        };
        let change = changes(&of("a:1"), &of("a:2")).pop().unwrap();
        let found = replaced(&of("a:1"), &of("a:2"), &change, &scaling);
        assert_eq!(
            (found.pods, found.reason.as_str()),
            (None, "2 to 9 pods: replaced while the others serve")
        );
    }
}
