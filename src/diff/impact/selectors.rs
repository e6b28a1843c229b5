//! Selectors of Services and of workloads that change together, as where the stack has another name.

use super::Impact;
use crate::diff::report::Entry;

/// A Service that selects otherwise leads nowhere until the workloads whose selectors change with it are made anew.
pub(in crate::diff) fn settle(objects: &mut [Entry]) {
    let selects = |it: &Entry, kinds: &[&str]| {
        let kind = it.title.split(' ').next().unwrap_or_default();
        kinds.contains(&kind) && it.changes.iter().any(|it| is_selector(&it.path))
    };
    let workloads: Vec<String> = objects
        .iter()
        .filter(|it| selects(it, &["DaemonSet", "Deployment", "StatefulSet"]))
        .map(|it| it.title.clone())
        .collect();
    for service in objects.iter_mut().filter(|it| selects(it, &["Service"])) {
        let Some(workload) = workloads.iter().find(|it| namespace(it) == namespace(&service.title)) else {
            continue;
        };
        let reason =
            format!("it leads to no pod until those of {workload}, whose selector changes, are made anew");
        for finding in service.changes.iter_mut().filter(|it| is_selector(&it.path)) {
            finding.effect.impact = Impact::Downtime;
            finding.effect.reason.clone_from(&reason);
        }
        if service.effect.impact < Impact::Downtime {
            service.effect.impact = Impact::Downtime;
            service.effect.reason = reason;
        }
    }
}

fn is_selector(path: &str) -> bool {
    path.strip_prefix("spec.selector").is_some_and(|it| it.is_empty() || it.starts_with(['.', '[']))
}

/// That of a title: `shop` of `Service shop/cart`.
fn namespace(title: &str) -> &str {
    title.split_once(' ').and_then(|it| it.1.split_once('/')).map(|it| it.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::compare::What;
    use crate::diff::impact::Effect;
    use crate::diff::report::{Finding, State};
    use crate::diff::testing::item;

    fn entry(kind: &str, path: &str, impact: Impact) -> Entry {
        let effect = Effect::new(impact, "of itself");
        let finding = Finding {
            path: path.to_owned(),
            pattern: path.to_owned(),
            what: What::Changed(json!("a"), json!("b")),
            effect: effect.clone(),
            cause: None,
        };
        Entry { changes: vec![finding], ..Entry::new(&item(kind, json!({})), State::Changed, effect) }
    }

    #[test]
    fn a_service_leads_nowhere_where_its_workload_is_made_anew() {
        let service = || entry("Service", "spec.selector[app.kubernetes.io/part-of]", Impact::Hot);
        let workload = |path: &str| entry("Deployment", path, Impact::Recreate);
        let mut together = [service(), workload("spec.selector.matchLabels[app.kubernetes.io/part-of]")];
        settle(&mut together);
        assert_eq!(together[0].effect.impact, Impact::Downtime);
        assert!(together[0].effect.reason.contains("Deployment n/x"), "{}", together[0].effect.reason);
        assert_eq!(together[0].changes[0].effect, together[0].effect);
        assert_eq!(together[1].effect.impact, Impact::Recreate);
        let mut alone = [service(), workload("spec.template")];
        settle(&mut alone);
        assert_eq!(alone[0].effect.impact, Impact::Hot);
    }
}
