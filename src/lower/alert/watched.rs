//! What of rendered objects an alert can look at. Names of pods and claims: those of Kubernetes' controllers, and of the
//! operators' documentation and code.

use crate::k8s::Object;
use crate::k8s::crd::strimzi::{CLUSTER, node_pool::Role};
use crate::model::Duration;
use crate::workload::{Budget, Controller, Workload};

/// The StatefulSets whose pods vote, with the number of votes.
#[derive(Debug, Default)]
pub(in crate::lower) struct Voters(Vec<(String, u32)>);

impl Voters {
    /// Notes a workload that votes.
    pub(in crate::lower) fn add(&mut self, workload: &Workload, budget: Budget) {
        if let (Controller::StatefulSet { .. }, Budget::Majority(of)) = (&workload.controller, budget) {
            self.0.push((workload.name.clone(), of));
        }
    }
}

/// Pods whose number an alert compares.
#[derive(Debug)]
pub(super) enum Pods {
    /// Those of a Deployment.
    Deployment(String),
    /// Those of a DaemonSet.
    DaemonSet(String),
    /// Those of a StatefulSet.
    StatefulSet(String),
    /// Those of a name that an operator makes without a controller of Kubernetes: so many.
    Named(String, u32),
}

/// Votes, of which a majority must be there.
#[derive(Debug)]
pub(super) struct Votes {
    /// Whose.
    pub(super) pods: Pods,
    /// How many there are.
    pub(super) of: u32,
}

/// What no controller has.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Claims, as regular expressions.
    pub(super) claims: Vec<String>,
    /// Certificates, each with the seconds before its end in which something is wrong: half of the time that its renewal has.
    pub(super) certificates: Vec<(String, u64)>,
}

/// What a component runs.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// What should be ready.
    pub(super) pods: Vec<Pods>,
    /// The pods' names, as regular expressions.
    pub(super) names: Vec<String>,
    /// Votes.
    pub(super) votes: Vec<Votes>,
    /// Claims, as regular expressions.
    pub(super) claims: Vec<String>,
    /// See [`Kept::certificates`].
    pub(super) certificates: Vec<(String, u64)>,
}

impl Kept {
    /// Notes an object.
    pub(super) fn add(&mut self, object: &Object) {
        match object {
            Object::PersistentVolumeClaim(it) => self.claims.extend(it.metadata.name.clone()),
            Object::Certificate(it) => {
                let renewal = it.spec.renew_before.as_deref().and_then(|it| Duration::parse(it).ok());
                if let (Some(name), Some(renewal)) = (&it.metadata.name, renewal) {
                    self.certificates.push((name.clone(), renewal.seconds() / 2));
                }
            }
            _ => {}
        }
    }
}

impl Watched {
    /// What there is of some objects.
    pub(super) fn of(objects: &[Object], voters: &Voters) -> Self {
        let mut found = Self::default();
        let mut kept = Kept::default();
        for object in objects {
            found.add(object, voters);
            kept.add(object);
        }
        found.claims.append(&mut kept.claims);
        found.certificates = kept.certificates;
        found
    }

    fn add(&mut self, object: &Object, voters: &Voters) {
        let name = object.metadata().and_then(|it| it.name.clone()).unwrap_or_default();
        match object {
            Object::Deployment(_) | Object::Pooler(_) => self.deployment(name),
            Object::DaemonSet(_) => {
                self.names.push(format!("{name}-[a-z0-9]{{5}}"));
                self.pods.push(Pods::DaemonSet(name));
            }
            Object::StatefulSet(it) => {
                let claims = it.spec.volume_claim_templates.iter().flatten();
                for claim in claims.filter_map(|it| it.metadata.name.as_ref()) {
                    self.claims.push(format!("{claim}-{name}-[0-9]+"));
                }
                let of = voters.0.iter().find(|(of, _)| *of == name).map(|(_, of)| *of);
                self.stateful_set(name, of);
            }
            // `internal/resource/statefulset.go` and `internal/constant` of the operator.
            Object::RabbitmqCluster(it) => {
                self.claims.push(format!("persistence-{name}-server-[0-9]+"));
                self.stateful_set(format!("{name}-server"), Some(it.spec.replicas).filter(|it| *it > 2));
            }
            // Claims are called as their instances, those for the log with a suffix ("Storage" of its documentation).
            Object::Cluster(it) => {
                self.claims.push(format!("{name}-[0-9]+(-wal)?"));
                self.named(format!("{name}-[0-9]+"), it.spec.instances);
            }
            // `KafkaResources` and `VolumeUtils` of Strimzi's code; the volume's id stands in the name where there are several.
            Object::KafkaNodePool(it) => {
                let cluster = it.metadata.labels.iter().flatten().find(|(key, _)| *key == CLUSTER);
                let pods = format!("{}-{name}-[0-9]+", cluster.map_or("", |(_, it)| it));
                self.claims.push(format!("data(-[0-9]+)?-{pods}"));
                if it.spec.roles.contains(&Role::Controller) && it.spec.replicas > 2 {
                    self.votes.push(Votes { pods: Pods::Named(pods.clone(), 0), of: it.spec.replicas });
                }
                self.named(pods, it.spec.replicas);
            }
            // `statefulset.go` of OpsTree's Redis operator: the template of claims has the set's name.
            Object::Redis(_) | Object::RedisReplication(_) => {
                self.claims.push(format!("{name}-{name}-[0-9]+"));
                self.stateful_set(name, None);
            }
            Object::RedisSentinel(_) => self.stateful_set(format!("{name}-sentinel"), None),
            _ => {}
        }
    }

    /// A hash of the template and five letters follow in the names of pods.
    fn deployment(&mut self, name: String) {
        self.names.push(format!("{name}-[a-z0-9]{{5,10}}-[a-z0-9]{{5}}"));
        self.pods.push(Pods::Deployment(name));
    }

    fn stateful_set(&mut self, name: String, votes: Option<u32>) {
        if let Some(of) = votes {
            self.votes.push(Votes { pods: Pods::StatefulSet(name.clone()), of });
        }
        self.names.push(format!("{name}-[0-9]+"));
        self.pods.push(Pods::StatefulSet(name));
    }

    fn named(&mut self, pods: String, number: u32) {
        self.names.push(pods.clone());
        self.pods.push(Pods::Named(pods, number));
    }
}
