//! What pods ask for and may use, as the scheduler, quotas and `LimitRange`s count it, in thousandths.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Thousandths by resource.
pub type Amounts = BTreeMap<String, i128>;

/// What one container, or a pod in all, asks for and may use; or what a `LimitRange` gives a container that says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// What is set aside for it.
    pub requests: Amounts,
    /// What it may use.
    pub limits: Amounts,
}

impl Usage {
    /// What a container has once the API server has filled in what it leaves out: a limit is a request, too, then come the
    /// defaults of the namespace. `parse` reads an amount.
    pub fn of(
        resources: Option<&ResourceRequirements>,
        defaults: &Self,
        parse: impl Fn(&str) -> Option<i128>,
    ) -> Self {
        let mut limits = amounts(resources.and_then(|it| it.limits.as_ref()), &parse);
        let mut requests = amounts(resources.and_then(|it| it.requests.as_ref()), &parse);
        fill(&mut requests, &limits);
        fill(&mut limits, &defaults.limits);
        fill(&mut requests, &defaults.requests);
        Self { requests, limits }
    }

    /// The sum with another one, in place.
    pub fn add(&mut self, other: &Self) {
        for (own, other) in [(&mut self.requests, &other.requests), (&mut self.limits, &other.limits)] {
            for (name, amount) in other {
                more(own, name, *amount);
            }
        }
    }

    /// The greater of both, resource by resource.
    fn at_least(&mut self, other: &Self) {
        for (own, other) in [(&mut self.requests, &other.requests), (&mut self.limits, &other.limits)] {
            for (name, amount) in other {
                let own = own.entry(name.clone()).or_default();
                *own = (*own).max(*amount);
            }
        }
    }
}

/// Adds an amount of a resource; a sum ends at the greatest number, whatever a manifest says.
pub fn more(own: &mut Amounts, name: &str, amount: i128) {
    let own = own.entry(name.to_owned()).or_default();
    *own = own.saturating_add(amount);
}

fn amounts(list: Option<&BTreeMap<String, Quantity>>, parse: impl Fn(&str) -> Option<i128>) -> Amounts {
    let all = list.into_iter().flatten();
    all.filter_map(|(name, it)| Some((name.clone(), parse(&it.0)?))).collect()
}

fn fill(own: &mut Amounts, from: &Amounts) {
    for (name, amount) in from {
        own.entry(name.clone()).or_insert(*amount);
    }
}

/// All containers of a pod, those that run first among them.
pub fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

/// A pod in all: what runs at once, or, where it is more, what one of the containers asks for that run before
/// (kubernetes.io/docs/concepts/workloads/pods/init-containers and sidecar-containers, on sharing resources). What the pod itself
/// says stands for its containers (`PodLevelResources`), its limit as a request only where none of them asks for the resource
/// (`defaultPodRequests` in `pkg/apis/core/v1/defaults.go`). Its overhead comes on top. `defaults` are a container's: the API server
/// gives them after that.
pub fn pod(spec: &PodSpec, defaults: &Usage, parse: impl Fn(&str) -> Option<i128> + Copy) -> Usage {
    let with = |defaults| contained(spec, |it| Usage::of(it.resources.as_ref(), defaults, parse));
    let mut usage = with(defaults);
    if let Some(own) = &spec.resources {
        let limits = amounts(own.limits.as_ref(), parse);
        let asked = with(&Usage::default()).requests;
        let unasked = limits.iter().filter(|(name, _)| !asked.contains_key(*name));
        usage.requests.extend(unasked.map(|(name, it)| (name.clone(), *it)));
        usage.requests.extend(amounts(own.requests.as_ref(), parse));
        usage.limits.extend(limits);
    }
    for (name, it) in spec.overhead.iter().flatten() {
        more(&mut usage.requests, name, parse(&it.0).unwrap_or_default());
    }
    usage
}

/// The containers of a pod in all.
fn contained(spec: &PodSpec, one: impl Fn(&Container) -> Usage) -> Usage {
    let (mut stay, mut before) = (Usage::default(), Usage::default());
    for container in spec.init_containers.iter().flatten() {
        let own = one(container);
        if container.restart_policy.as_deref() == Some("Always") {
            stay.add(&own);
        } else {
            let mut own = own;
            own.add(&stay);
            before.at_least(&own);
        }
    }
    for container in &spec.containers {
        stay.add(&one(container));
    }
    stay.at_least(&before);
    stay
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(cpu: &str, limit: Option<&str>, stays: bool) -> Container {
        let amounts = |it: &str| BTreeMap::from([("cpu".to_owned(), Quantity(it.to_owned()))]);
        Container {
            resources: Some(ResourceRequirements {
                requests: (!cpu.is_empty()).then(|| amounts(cpu)),
                limits: limit.map(amounts),
                ..Default::default()
            }),
            restart_policy: stays.then(|| "Always".to_owned()),
            ..Default::default()
        }
    }

    fn cpu(spec: &PodSpec) -> (i128, Option<i128>) {
        let usage = pod(spec, &Usage::default(), |it| it.parse().ok());
        (usage.requests["cpu"], usage.limits.get("cpu").copied())
    }

    #[test]
    fn what_ends_before_counts_only_where_it_is_more() {
        let mut spec = PodSpec {
            containers: vec![container("100", None, false), container("50", None, false)],
            init_containers: Some(vec![container("120", None, false)]),
            ..Default::default()
        };
        assert_eq!(cpu(&spec), (150, None));
        spec.init_containers = Some(vec![container("200", None, false)]);
        assert_eq!(cpu(&spec), (200, None));
        // A sidecar that has started before runs beside the one that ends.
        spec.init_containers = Some(vec![container("30", None, true), container("200", None, false)]);
        assert_eq!(cpu(&spec), (230, None));
        // The pod's own word counts, and what it takes itself.
        spec.resources = container("500", None, false).resources;
        spec.overhead = Some(BTreeMap::from([("cpu".to_owned(), Quantity("7".to_owned()))]));
        assert_eq!(cpu(&spec), (507, None));
    }

    #[test]
    fn a_limit_of_the_pod_is_a_request_where_no_container_asks() {
        let mut spec = PodSpec {
            containers: vec![container("100", None, false), Container::default()],
            resources: container("", Some("8000"), false).resources,
            ..Default::default()
        };
        assert_eq!(cpu(&spec), (100, Some(8000)));
        // What a namespace gives its containers comes too late to be an answer.
        spec.containers.remove(0);
        let defaults = Usage { requests: BTreeMap::from([("cpu".to_owned(), 7)]), ..Usage::default() };
        let usage = pod(&spec, &defaults, |it| it.parse().ok());
        assert_eq!(usage.requests["cpu"], 8000);
        spec.resources = container("300", Some("8000"), false).resources;
        assert_eq!(cpu(&spec), (300, Some(8000)));
    }

    #[test]
    fn a_limit_is_a_request_and_defaults_come_last() {
        let defaults = Usage {
            requests: BTreeMap::from([("cpu".to_owned(), 7)]),
            limits: BTreeMap::from([("cpu".to_owned(), 9)]),
        };
        let of = |it: &Container| Usage::of(it.resources.as_ref(), &defaults, |it| it.parse().ok());
        let pair = |it: Usage| (it.requests["cpu"], it.limits["cpu"]);
        assert_eq!(pair(of(&container("", Some("5"), false))), (5, 5));
        assert_eq!(pair(of(&container("3", None, false))), (3, 9));
        assert_eq!(pair(of(&Container::default())), (7, 9));
    }
}
