//! Expressions in `PromQL`. Metrics are those of kube-state-metrics (`kube_…`), the kubelet, cert-manager and the engines;
//! `docs/observability.md` says which come from where. Every expression gives a series for each thing that is wrong, and
//! none where its metrics are not collected.

use std::slice::from_ref;

use super::watched::{Pods, Schedule, Watched};
use crate::model::Threshold;

/// How far ahead a disk is looked at, and how long back.
const AHEAD: &str = "4 * 24 * 3600";
const BACK: &str = "6h";

/// Too few of the pods that vote are ready, or none of them knows a leader.
pub(super) fn quorum(namespace: &str, watched: &Watched, leader: Option<&str>) -> Option<String> {
    let ready = watched.votes.iter().map(|votes| {
        let majority = votes.of / 2 + 1;
        let ready = match &votes.pods {
            Pods::StatefulSet(name) => {
                let name = selector(namespace, "statefulset", from_ref(name));
                format!("kube_statefulset_status_replicas_ready{name}")
            }
            Pods::Named(pods, _) | Pods::Deployment(pods) | Pods::DaemonSet(pods) => ready(namespace, pods),
        };
        format!("{ready} < {majority}")
    });
    let mut all: Vec<String> = ready.collect();
    if let Some(metric) = leader.filter(|_| !watched.names.is_empty()) {
        let pods = selector(namespace, "pod", &watched.names);
        all.push(format!("max by (namespace) ({metric}{pods}) == 0"));
    }
    either(all)
}

/// A standby is behind.
pub(super) fn lag(namespace: &str, watched: &Watched, metric: &str, limit: Option<Threshold>) -> String {
    let pods = selector(namespace, "pod", &watched.names);
    format!("{metric}{pods} > {}", seconds(limit))
}

/// Little is left, and it goes.
pub(super) fn filling(namespace: &str, claims: &[String], limit: Option<Threshold>) -> Option<String> {
    let left = left(namespace, claims, limit)?;
    let claims = selector(namespace, "persistentvolumeclaim", claims);
    Some(format!(
        "{left}\nand\npredict_linear(kubelet_volume_stats_available_bytes{claims}[{BACK}], {AHEAD}) < 0"
    ))
}

/// Next to nothing is left.
pub(super) fn almost_full(namespace: &str, claims: &[String], limit: Option<Threshold>) -> Option<String> {
    left(namespace, claims, limit)
}

/// Less than a share is left of a volume that is used: some kinds say that of new ones, too.
fn left(namespace: &str, claims: &[String], limit: Option<Threshold>) -> Option<String> {
    if claims.is_empty() {
        return None;
    }
    let claims = selector(namespace, "persistentvolumeclaim", claims);
    let share = match limit {
        Some(Threshold::Percent(it)) => it,
        _ => 0,
    };
    Some(format!(
        "kubelet_volume_stats_available_bytes{claims} / kubelet_volume_stats_capacity_bytes{claims} < {share} / 100\nand\nkubelet_volume_stats_used_bytes{claims} > 0"
    ))
}

/// A certificate ends soon: at the limit, or its own. Where Prometheus keeps its own labels, that of the certificate's
/// namespace has another name.
pub(super) fn expiring(
    namespace: &str,
    certificates: &[(String, u64)],
    limit: Option<Threshold>,
) -> Option<String> {
    let metric = "certmanager_certificate_expiration_timestamp_seconds";
    let one = |(name, own): &(String, u64)| {
        let of = |label: &str| format!("{metric}{{name=\"{name}\",{label}=\"{namespace}\"}}");
        let end = format!("({} or {})", of("namespace"), of("exported_namespace"));
        format!("{end} - time() < {}", limit.map_or_else(|| own.to_string(), |it| seconds(Some(it))))
    };
    either(certificates.iter().map(one).collect())
}

/// Nothing has succeeded for so long: the limit, or what the schedule explains. Before the first success, since it is there.
pub(super) fn overdue(namespace: &str, schedules: &[Schedule], limit: Option<Threshold>) -> Option<String> {
    let one = |it: &Schedule| {
        let limit = limit.map_or_else(|| it.within.to_string(), |it| seconds(Some(it)));
        let (done, of) = (succeeded(namespace, it), selector(namespace, "cronjob", from_ref(&it.name)));
        format!(
            "time() - {done} > {limit}\nor\ntime() - kube_cronjob_created{of} > {limit}\nunless on (namespace, cronjob)\n{done}"
        )
    };
    either(schedules.iter().map(one).collect())
}

/// A Job was given up. What a schedule made is kept for its logs: it is over with the next success.
pub(super) fn failed(namespace: &str, watched: &Watched) -> Option<String> {
    let failed = |jobs: &[String]| {
        let jobs = matcher("job_name", jobs);
        format!("kube_job_failed{{namespace=\"{namespace}\",{jobs},condition=\"true\"}} > 0")
    };
    let mut all = Vec::new();
    if !watched.jobs.is_empty() {
        all.push(failed(&watched.jobs));
    }
    for schedule in &watched.schedules {
        let jobs = [format!("{}-[0-9]+", schedule.name)];
        let (failed, of) = (failed(&jobs), selector(namespace, "job_name", &jobs));
        let done = succeeded(namespace, schedule);
        all.push(format!(
            "{failed}\nunless on (namespace, job_name)\nkube_job_created{of} < on (namespace) group_left () max by (namespace) ({done})"
        ));
    }
    either(all)
}

/// When a schedule had its last success.
fn succeeded(namespace: &str, schedule: &Schedule) -> String {
    let of = selector(namespace, "cronjob", from_ref(&schedule.name));
    format!("kube_cronjob_status_last_successful_time{of}")
}

/// Fewer are ready than should be.
pub(super) fn not_ready(namespace: &str, watched: &Watched) -> Option<String> {
    let (mut deployments, mut daemon_sets, mut stateful_sets) = (Vec::new(), Vec::new(), Vec::new());
    let mut all = Vec::new();
    for pods in &watched.pods {
        match pods {
            Pods::Deployment(name) => deployments.push(name.clone()),
            Pods::DaemonSet(name) => daemon_sets.push(name.clone()),
            Pods::StatefulSet(name) => stateful_sets.push(name.clone()),
            Pods::Named(pods, number) => all.push(format!("{} < {number}", ready(namespace, pods))),
        }
    }
    let kinds = [
        ("deployment", deployments, "status_replicas_available", "spec_replicas"),
        ("daemonset", daemon_sets, "status_number_ready", "status_desired_number_scheduled"),
        ("statefulset", stateful_sets, "status_replicas_ready", "replicas"),
    ];
    for (kind, names, there, wanted) in kinds.into_iter().filter(|it| !it.1.is_empty()) {
        let names = selector(namespace, kind, &names);
        all.push(format!("kube_{kind}_{there}{names} < kube_{kind}_{wanted}{names}"));
    }
    either(all)
}

/// A container was started again more often than that within an hour.
pub(super) fn restarting(namespace: &str, watched: &Watched, limit: Option<Threshold>) -> Option<String> {
    let Some(Threshold::Count(limit)) = limit.filter(|_| !watched.names.is_empty()) else { return None };
    let pods = selector(namespace, "pod", &watched.names);
    Some(format!("increase(kube_pod_container_status_restarts_total{pods}[1h]) > {limit}"))
}

/// A pod does not answer: by the names that the operator gives to what it collects.
pub(super) fn down(jobs: &[String]) -> Option<String> {
    (!jobs.is_empty()).then(|| format!("up{{{}}} == 0", matcher("job", jobs)))
}

/// How many pods of some names are ready. Where there is no such pod it is none, by the namespace: kube-state-metrics
/// shows that, so where nobody collects it there is no number at all.
fn ready(namespace: &str, pods: &str) -> String {
    let pods = matcher("pod", &[pods.to_owned()]);
    format!(
        "(sum by (namespace) (kube_pod_status_ready{{namespace=\"{namespace}\",{pods},condition=\"true\"}}) or 0 * max by (namespace) (kube_namespace_created{{namespace=\"{namespace}\"}}))"
    )
}

fn selector(namespace: &str, label: &str, names: &[String]) -> String {
    format!("{{namespace=\"{namespace}\",{}}}", matcher(label, names))
}

/// Names are DNS labels, or regular expressions of them: nothing in them means anything in quotes. The whole is matched.
fn matcher(label: &str, names: &[String]) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '/');
    match names {
        [one] if one.chars().all(plain) => format!("{label}=\"{one}\""),
        all => format!("{label}=~\"{}\"", all.join("|")),
    }
}

fn seconds(limit: Option<Threshold>) -> String {
    match limit {
        Some(Threshold::Millis(it)) if it % 1000 == 0 => (it / 1000).to_string(),
        Some(Threshold::Millis(it)) => format!("{it} / 1000"),
        _ => "0".to_owned(),
    }
}

/// What is wrong in any of some ways.
fn either(all: Vec<String>) -> Option<String> {
    match all.as_slice() {
        [] => None,
        [_] => all.into_iter().next(),
        _ => Some(all.iter().map(|it| format!("({it})")).collect::<Vec<_>>().join("\nor\n")),
    }
}
