//! What calls somebody: a `PrometheusRule` for each component, and one for what no component owns. Everything is read from
//! the objects that are rendered, so that an alert looks at what there is.

mod expr;
mod watched;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Unit;
use crate::k8s::Object;
use crate::k8s::crd::prometheus::prometheus_rule::{
    AlertingRule, PrometheusRule, PrometheusRuleSpec, RuleGroup,
};
use crate::model::{AlertName, AlertRule, Alerts, Collector, Duration, Threshold};
use crate::resolve::{Component, Resolved, metadata};
use crate::stateful::{Reading, Tier};

use watched::{Kept, Watched};

/// The alerts that the stack wants: the Prometheus Operator alone reads them.
pub(super) fn wanted(resolved: &Resolved) -> Option<&Alerts> {
    let observability = resolved.stack.observability.as_ref()?;
    observability.metrics.as_ref().filter(|it| it.with == Collector::Operator)?;
    observability.alerts.as_ref()
}

/// What of a component calls somebody, by its objects.
pub(super) fn component(
    resolved: &Resolved,
    component: &Component,
    objects: &[Object],
    voters: &BTreeMap<String, u32>,
) -> Option<Object> {
    let alerts = wanted(resolved)?;
    let namespace = resolved.namespace(&component.namespace);
    let watched = Watched::of(objects, voters);
    let collected = resolved.collected(component).filter(|it| it.with == Collector::Operator);
    let jobs = collected.iter().flat_map(|it| &it.targets);
    let jobs: Vec<String> = jobs.map(|it| format!("{namespace}/{}{}", component.called, it.suffix)).collect();
    let readings = resolved.tier(component).map(Tier::readings).filter(|_| collected.is_some());
    let (mut leader, mut lag) = (None, None);
    for reading in readings.unwrap_or_default() {
        match reading {
            Reading::Leader(it) => leader = Some(*it),
            Reading::Lag(it) => lag = Some(*it),
        }
    }
    let name = component.name.as_str();
    let mut writer = Writer { resolved, alerts, component: Some(component), rules: Vec::new() };
    writer.add(
        AlertName::QuorumLost,
        &format!("{name} has lost its quorum"),
        "Fewer pods that vote are ready than a majority, or they know no leader: it takes no writes.",
        |_| expr::quorum(namespace, &watched, leader),
    );
    writer.add(
        AlertName::ReplicationLag,
        &format!("A standby of {name} is behind"),
        "{{ $labels.pod }} is {{ $value | humanizeDuration }} behind its primary: after a failover, that much is lost.",
        |limit| Some(expr::lag(namespace, &watched, lag?, limit)),
    );
    writer.disks(namespace, &watched.claims, &format!("A volume of {name}"));
    writer.add(
        AlertName::JobOverdue,
        &format!("A schedule of {name} has had no success for too long"),
        "{{ $labels.cronjob }} has not succeeded for {{ $value | humanizeDuration }}, longer than its schedule explains. Of a backup, all since then would be lost.",
        |limit| expr::overdue(namespace, &watched.schedules, limit),
    );
    writer.add(
        AlertName::JobFailed,
        &format!("A Job of {name} has failed"),
        "{{ $labels.job_name }} has failed and is not tried again. The logs of its pods say why.",
        |_| expr::failed(namespace, &watched),
    );
    writer.certificates(namespace, &watched.certificates);
    writer.add(
        AlertName::PodsNotReady,
        &format!("Pods of {name} are not ready"),
        "Fewer pods are ready than there should be. `kubectl describe` of one that is not says why.",
        |_| expr::not_ready(namespace, &watched),
    );
    writer.add(
        AlertName::PodRestarting,
        &format!("A container of {name} restarts again and again"),
        "{{ $labels.container }} of {{ $labels.pod }} was started {{ $value | humanize }} times within an hour.",
        |limit| expr::restarting(namespace, &watched, limit),
    );
    writer.add(
        AlertName::MetricsDown,
        &format!("{name} shows no metrics"),
        "{{ $labels.pod }} does not answer whoever collects: alerts that go by its metrics are blind.",
        |_| expr::down(&jobs),
    );
    writer.finish(metadata(resolved, Some(component), component.called.as_str()), name)
}

/// What of the objects that no component owns calls somebody: certificates and shared claims, by namespace.
pub(super) fn shared(resolved: &Resolved, units: &[Unit]) -> Vec<Object> {
    let Some(alerts) = wanted(resolved) else { return Vec::new() };
    let mut kept: BTreeMap<&str, Kept> = BTreeMap::new();
    for object in units.iter().flat_map(|it| &it.objects) {
        if let Some(namespace) = object.metadata().and_then(|it| it.namespace.as_deref()) {
            kept.entry(namespace).or_default().add(object);
        }
    }
    let one = |(namespace, kept): (&str, Kept)| {
        let mut writer = Writer { resolved, alerts, component: None, rules: Vec::new() };
        writer.disks(namespace, &kept.claims, "A volume that components share");
        writer.certificates(namespace, &kept.certificates);
        let name = format!("{}-shared", resolved.stack.stack);
        let mut metadata = metadata(resolved, None, &name);
        metadata.namespace = Some(namespace.to_owned());
        writer.finish(metadata, &name)
    };
    kept.into_iter().filter_map(one).collect()
}

/// Alerts of one object while they are written.
struct Writer<'a> {
    resolved: &'a Resolved,
    alerts: &'a Alerts,
    component: Option<&'a Component>,
    rules: Vec<AlertingRule>,
}

impl Writer<'_> {
    /// An alert, unless it is switched off or there is nothing that it could look at.
    fn add(
        &mut self,
        name: AlertName,
        summary: &str,
        description: &str,
        expr: impl FnOnce(Option<Threshold>) -> Option<String>,
    ) {
        let Some(AlertRule { severity, hold, threshold }) = self.alerts.rule(name) else { return };
        let standard = name.standard();
        let Some(expr) = expr(threshold.or(standard.threshold)) else { return };
        let texts = [("summary", summary.to_owned()), ("description", description.to_owned())];
        let page = self.alerts.runbooks.as_ref();
        let page = page.map(|it| format!("{}/{}", it.as_str().trim_end_matches('/'), name.as_str()));
        let annotations = texts.into_iter().chain(page.map(|it| ("runbook_url", it)));
        let own = [
            ("severity", Some(self.alerts.severities.word(severity.unwrap_or(standard.severity)))),
            ("stack", Some(self.resolved.stack.stack.as_str())),
            ("component", self.component.map(|it| it.name.as_str())),
        ];
        let mut labels: BTreeMap<String, String> =
            self.alerts.alert_labels.iter().map(|(key, it)| (key.to_string(), it.clone())).collect();
        labels.extend(own.into_iter().filter_map(|(key, it)| Some((key.to_owned(), it?.to_owned()))));
        self.rules.push(AlertingRule {
            alert: name.as_str().to_owned(),
            annotations: annotations.map(|(key, it)| (key.to_owned(), it)).collect(),
            expr,
            hold: hold.as_ref().map_or_else(|| standard.hold.to_owned(), Duration::in_one_unit),
            labels,
        });
    }

    fn disks(&mut self, namespace: &str, claims: &[String], what: &str) {
        self.add(
            AlertName::DiskFilling,
            &format!("{what} will be full within four days"),
            "{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left, and at the pace of the last hours that lasts less than four days.",
            |limit| expr::filling(namespace, claims, limit),
        );
        self.add(
            AlertName::DiskAlmostFull,
            &format!("{what} is nearly full"),
            "{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left.",
            |limit| expr::almost_full(namespace, claims, limit),
        );
    }

    fn certificates(&mut self, namespace: &str, certificates: &[(String, u64)]) {
        self.add(
            AlertName::CertificateExpiring,
            "A certificate was not renewed in time",
            "{{ $labels.name }} ends in {{ $value | humanizeDuration }}; cert-manager should have renewed it long ago.",
            |limit| expr::expiring(namespace, certificates, limit),
        );
    }

    /// The object; none where nothing calls anybody.
    fn finish(self, mut metadata: ObjectMeta, group: &str) -> Option<Object> {
        if self.rules.is_empty() {
            return None;
        }
        let collection = self.resolved.stack.observability.as_ref().and_then(|it| it.metrics.as_ref());
        let labels = match &self.alerts.labels {
            own if own.is_empty() => collection.map(|it| &it.labels),
            own => Some(own),
        };
        let own = metadata.labels.get_or_insert_default();
        for (key, it) in labels.into_iter().flatten() {
            own.entry(key.to_string()).or_insert_with(|| it.clone());
        }
        let groups = vec![RuleGroup { name: group.to_owned(), rules: self.rules }];
        Some(PrometheusRule { metadata, spec: PrometheusRuleSpec { groups } }.into())
    }
}
