//! What of rendered objects an alert can look at. Names of pods and claims: those of Kubernetes' controllers, and of the
//! operators' documentation and code.

use std::collections::BTreeMap;

use crate::k8s::Object;
use crate::k8s::crd::strimzi::{CLUSTER, node_pool::Role};
use crate::model::{Cron, Duration};

/// Pods whose number an alert compares.
#[derive(Debug)]
pub(super) enum Pods {
    /// Those of a Deployment.
    Deployment(String),
    /// Those of a DaemonSet.
    DaemonSet(String),
    /// Those of a StatefulSet.
    StatefulSet(String),
    /// Those of a name that something else than a controller of Kubernetes makes: so many.
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

/// What a `CronJob` does again and again.
#[derive(Debug)]
pub(super) struct Schedule {
    /// The name of the `CronJob`.
    pub(super) name: String,
    /// The seconds after a success within which there is another, though one time may fail: its longest pause and its
    /// shortest.
    pub(super) within: u64,
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
    /// The names of Jobs that no schedule makes.
    pub(super) jobs: Vec<String>,
    /// What is not suspended.
    pub(super) schedules: Vec<Schedule>,
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
    /// What there is of some objects. `voters` are the StatefulSets whose pods vote, with the number of votes.
    pub(super) fn of(objects: &[Object], voters: &BTreeMap<String, u32>) -> Self {
        let mut found = Self::default();
        let mut kept = Kept::default();
        for object in objects {
            found.add(object, objects, voters);
            kept.add(object);
        }
        // The kubelet counts the volumes of running pods alone.
        let ends = |it: &&Object| matches!(it, Object::Job(_) | Object::CronJob(_));
        let (ending, running): (Vec<&Object>, Vec<&Object>) = objects.iter().partition(ends);
        let mounts = |all: &[&Object], claim: &str| all.iter().any(|it| mounts(it, claim));
        kept.claims.retain(|it| !mounts(&ending, it) || mounts(&running, it));
        found.claims.append(&mut kept.claims);
        found.certificates = kept.certificates;
        found
    }

    fn add(&mut self, object: &Object, all: &[Object], voters: &BTreeMap<String, u32>) {
        let name = object.metadata().and_then(|it| it.name.clone()).unwrap_or_default();
        match object {
            Object::Deployment(_) | Object::Pooler(_) => self.deployment(name),
            // No metric of kube-state-metrics counts its pods.
            Object::Rollout(it) => {
                let number = it.spec.replicas.or_else(|| fewest(all, &name)).unwrap_or(1);
                self.named(replaced(&name), number.unsigned_abs());
            }
            Object::Job(_) => self.jobs.push(name),
            Object::CronJob(it) if it.spec.suspend != Some(true) => {
                if let Ok(cron) = Cron::parse(&it.spec.schedule) {
                    self.schedules.push(Schedule { name, within: cron.longest() + cron.period() });
                }
            }
            Object::DaemonSet(_) => {
                self.names.push(format!("{name}-[a-z0-9]{{5}}"));
                self.pods.push(Pods::DaemonSet(name));
            }
            Object::StatefulSet(it) => {
                let claims = it.spec.volume_claim_templates.iter().flatten();
                for claim in claims.filter_map(|it| it.metadata.name.as_ref()) {
                    self.claims.push(format!("{claim}-{name}-[0-9]+"));
                }
                let of = voters.get(&name).copied();
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

    fn deployment(&mut self, name: String) {
        self.names.push(replaced(&name));
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
        // Where none need be there, nothing is missing.
        if number > 0 {
            self.pods.push(Pods::Named(pods, number));
        }
    }
}

/// The names of pods that others take the place of: a hash of the template and five letters follow.
fn replaced(name: &str) -> String {
    format!("{name}-[a-z0-9]{{5,10}}-[a-z0-9]{{5}}")
}

/// The fewest pods that an autoscaler leaves of what it scales.
fn fewest(objects: &[Object], target: &str) -> Option<i32> {
    objects.iter().find_map(|it| match it {
        Object::HorizontalPodAutoscaler(it) if it.spec.scale_target_ref.name == target => {
            Some(it.spec.min_replicas.unwrap_or(1))
        }
        Object::ScaledObject(it) if it.spec.scale_target_ref.name == target => {
            Some(it.spec.idle_replica_count.unwrap_or(it.spec.min_replica_count))
        }
        _ => None,
    })
}

/// Whether the pods of an object mount a claim.
fn mounts(object: &Object, claim: &str) -> bool {
    let volumes =
        object.pod_template().and_then(|it| it.spec.as_ref()?.volumes.as_deref()).unwrap_or_default();
    volumes.iter().filter_map(|it| it.persistent_volume_claim.as_ref()).any(|it| it.claim_name == claim)
}
