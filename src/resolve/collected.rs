//! Whose metrics are collected, by whom.

use super::{Component, Resolved};
use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::model::{Collector, Duration, LabelKey, Name};
use crate::stateful::Target;
use crate::workload::Endpoint;

/// Pods whose metrics are collected.
#[derive(Debug)]
pub struct Collected<'a> {
    /// The collector: a name of `clients`.
    pub by: &'a Name,
    /// How it learns of them.
    pub with: Collector,
    /// Labels of what tells it.
    pub labels: Vec<(&'a LabelKey, &'a str)>,
    /// Time between two collections; the collector's own where none.
    pub interval: Option<&'a Duration>,
    /// The pods.
    pub targets: Vec<Target>,
    /// Where the stack says so.
    pub at: Route,
}

impl Resolved {
    /// What is collected of a component; none where it shows nothing, or to nobody.
    #[must_use]
    pub fn collected<'a>(&'a self, component: &Component) -> Option<Collected<'a>> {
        let stack = self.stack.observability.as_ref().and_then(|it| it.metrics.as_ref());
        let own = self.tier(component).and_then(crate::stateful::Tier::monitor);
        if stack.is_none() && own.is_none() {
            return None;
        }
        let mut targets = self.targets(component);
        let with = match (own, stack) {
            // A tier that says who collects says so to the operator.
            (Some(_), _) => Collector::Operator,
            (None, stack) => stack?.with,
        };
        if with == Collector::Annotations && (targets.len() > 1 || targets.iter().any(|it| it.pods.is_some()))
        {
            // The pods of a tier have the same annotations, whatever they listen on.
            targets.clear();
        }
        if targets.is_empty() {
            return None;
        }
        let mut labels: Vec<_> = own.into_iter().flat_map(|it| &it.labels).collect();
        labels.extend(stack.into_iter().flat_map(|it| &it.labels));
        let interval = own.and_then(|it| it.interval.as_ref());
        let at = match (own, self.service(component)) {
            (Some(it), _) if it.by.is_some() => component.route().join("monitor").join("by"),
            (Some(_), _) => component.route().join("monitor"),
            (None, Some(_)) => component.route().join("metrics"),
            (None, None) => Route::of(&["observability", "metrics", "by"]),
        };
        Some(Collected {
            by: own.and_then(|it| it.by.as_ref()).or_else(|| stack.map(|it| &it.by))?,
            with,
            labels: labels.into_iter().map(|(key, it)| (key, it.as_str())).collect(),
            interval: interval.or_else(|| stack.and_then(|it| it.interval.as_ref())),
            targets,
            at,
        })
    }

    /// The pods of a component that show metrics.
    fn targets(&self, component: &Component) -> Vec<Target> {
        match (self.tier(component), self.service(component)) {
            (Some(tier), _) => tier.targets(component.name.as_str()),
            (None, Some(it)) => Target::described(&it.container, &it.pod).into_iter().collect(),
            (None, None) => Vec::new(),
        }
    }
}

impl Target {
    /// Its port, as others see it. A tier serves its metrics to nobody in the stack: such a port has no name there.
    pub(super) fn endpoint(&self, component: &Component) -> Option<Endpoint> {
        let (name, number) = (&self.port.0, self.port.1);
        let offered = component.endpoints.ports.iter();
        let named = offered.clone().find(|it| it.name.as_str() == &**name && it.number == number);
        let numbered = || {
            let name = Name::parse(&number.to_string()).ok()?;
            let protocol = crate::model::Protocol::Tcp;
            Some(Endpoint { name, number, service: number, protocol, app_protocol: None })
        };
        named.cloned().or_else(numbered)
    }
}

/// Reports collectors that are nobody, and ports with metrics that are none.
pub(super) fn check(resolved: &Resolved, sink: &mut Sink) {
    let stack = resolved.stack.observability.as_ref().and_then(|it| it.metrics.as_ref());
    let at = Route::of(&["observability", "metrics"]);
    if let Some(metrics) = stack {
        super::client::known(resolved, &metrics.by, None, &at.join("by"), sink);
        let said = [("interval", metrics.interval.is_some()), ("labels", !metrics.labels.is_empty())];
        let annotated = metrics.with == Collector::Annotations;
        for (key, _) in said.into_iter().filter(|(_, said)| annotated && *said) {
            let message = format!("annotations do not say `{key}`");
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &at.join(key), message)
                    .help(format!("remove `{key}`, or write `with: prometheus-operator`")),
            );
        }
    }
    for component in resolved.components.values() {
        let pod = resolved.pod(component);
        if let Some((container, pod, metrics)) =
            pod.and_then(|(it, pod)| Some((it, pod, pod.metrics.as_ref()?)))
        {
            let at = component.route().join("metrics");
            if !pod.ports(container).any(|(name, _)| *name == metrics.port) {
                sink.extend(resolved.unknown_port(component, metrics.port.as_str(), &at.join("port")));
            }
            if metrics.bearer.is_some() && stack.is_some_and(|it| it.with == Collector::Annotations) {
                let with = Route::of(&["observability", "metrics", "with"]);
                let message = "annotations do not say `bearer`: the collector would be refused";
                sink.push(
                    Diagnostic::at_key(&BAD_VALUE, &at.join("bearer"), message)
                        .also(At::Node(with, Part::Value), "collected by annotations")
                        .help("write `with: prometheus-operator`; or remove `bearer`, and let the collector have a job of its own for these pods"),
                );
            }
        }
        let own = resolved.tier(component).and_then(crate::stateful::Tier::monitor);
        if let Some(monitor) = own {
            let at = component.route().join("monitor");
            match &monitor.by {
                Some(by) => _ = super::client::known(resolved, by, Some(component), &at.join("by"), sink),
                None if stack.is_none() => sink.push(
                    Diagnostic::at_key(&MISSING_FIELD, &at, "`by` is missing: nobody collects the metrics")
                        .help("add `by`, here or under `observability: { metrics: … }`"),
                ),
                None => {}
            }
        }
    }
}
