//! One node of an engine for development, as Compose runs it: the engine's own development mode where it has one.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use super::{Plan, TierContext, pieces};
use crate::model::{Name, Quantity};
use crate::workload::{
    Budget, ClaimTemplate, ConfigFiles, Controller, Endpoints, Part, Pod, Seed, ServiceKind, Update, Workload,
};

/// Seconds that a node gets to stop by itself.
const GRACE: u32 = 30;

/// What an engine may know of where its node runs.
#[derive(Debug)]
pub struct Development<'a> {
    /// What a tier may know; nothing of pods.
    pub tier: TierContext<'a>,
    /// The ports of the host by which it is reached, by the names of its own; none where the host chooses them.
    pub published: &'a [(&'a Name, u16)],
    /// Where a client on the host finds these ports: `localhost`, or the one address on which they are.
    pub host: String,
}

impl Development<'_> {
    /// The port of the host that stands for one of the node's.
    #[must_use]
    pub fn published(&self, port: &str) -> Option<u16> {
        self.published.iter().find(|(name, _)| name.as_str() == port).map(|(_, number)| *number)
    }
}

/// One node.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What runs on a cluster with one replica, where that is a node for development: then nothing else is said.
    pub plan: Option<Plan>,
    /// The image.
    pub image: String,
    /// Its arguments, instead of the image's; empty for the image's own.
    pub args: Vec<String>,
    /// Its variables.
    pub env: Vec<core::EnvVar>,
    /// Files by their paths in the container.
    pub files: Vec<(String, String)>,
    /// Where it keeps its data.
    pub data: Option<&'static str>,
    /// What says that it is ready.
    pub ready: Option<core::Probe>,
    /// The ports on which it listens, by the names of its endpoints.
    pub ports: Vec<(&'static str, u16)>,
    /// Ports by which the host reaches it, where a client from there needs another than one from a container.
    pub from_host: Vec<(&'static str, u16)>,
    /// The scheme of its URL, where it is not that of the cluster.
    pub scheme: Option<&'static str>,
    /// Values of its properties, where they are not those of a cluster.
    pub properties: Vec<(&'static str, String)>,
    /// The Job that sets it up, and its files.
    pub setup: Option<(Part, ConfigFiles)>,
}

impl Node {
    /// What runs on a cluster with one replica.
    #[must_use]
    pub fn of(plan: Plan) -> Self {
        Self { plan: Some(plan), ..Self::default() }
    }

    /// What of its addresses is not as on a cluster.
    pub fn adjust(&self, name: &str, endpoints: &mut Endpoints) {
        if let Some(scheme) = self.scheme {
            endpoints.scheme = Some(scheme);
        }
        for (name, value) in &self.properties {
            if let Some((_, known)) = endpoints.properties.iter_mut().find(|(it, _)| it == name) {
                known.clone_from(value);
            }
        }
        if !endpoints.seeds.is_empty() {
            endpoints.seeds = vec![Seed { pod: name.to_owned(), headless: None }];
        }
        endpoints.peers.clear();
        endpoints.peers_udp.clear();
        endpoints.callers.clear();
        endpoints.full_name = false;
    }

    /// What runs, under the component's name.
    #[must_use]
    pub fn plan(self, name: &str, resources: Option<&crate::model::Resources>) -> Plan {
        if let Some(plan) = self.plan {
            return plan;
        }
        let config = format!("{name}-files");
        let (mut mounts, mut volumes, mut texts) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (path, text) in self.files {
            let key = path.rsplit('/').next().unwrap_or_default().to_owned();
            let sub_path = Some(key.clone());
            mounts.push(core::VolumeMount { sub_path, ..pieces::read_only("files", &path) });
            texts.insert(key, text);
        }
        if !texts.is_empty() {
            volumes.push(pieces::config("files", &config, &[], None));
        }
        if let Some(data) = self.data {
            mounts.push(pieces::mount(pieces::DATA, data));
        }
        let listens = self.ports.iter().chain(&self.from_host);
        let container = core::Container {
            name: name.to_owned(),
            image: Some(self.image),
            args: (!self.args.is_empty()).then_some(self.args),
            env: (!self.env.is_empty()).then_some(self.env),
            ports: Some(listens.map(|(name, number)| pieces::port(name, *number)).collect()),
            readiness_probe: self.ready,
            resources: resources.map(crate::workload::resources),
            volume_mounts: (!mounts.is_empty()).then_some(mounts),
            ..Default::default()
        };
        let claims = self.data.map(|_| storage()).into_iter().collect();
        let pod = Pod { grace: GRACE, volumes, containers: vec![container], ..Pod::default() };
        let controller = Controller::StatefulSet {
            replicas: 1,
            headless: pieces::headless(name),
            parallel: true,
            claims,
            update: Update::Rolling,
        };
        let workload = Workload { name: name.to_owned(), part: None, controller, pod };
        // What sets it up calls it by the name of its Service.
        let service = || pieces::service(name.to_owned(), ServiceKind::ClusterIp, &[]);
        let services = self.setup.iter().map(|_| service()).collect();
        let mut parts = vec![Part { workload, services, budget: Budget::None }];
        let mut files = vec![ConfigFiles { name: config, files: texts }];
        files.retain(|it| !it.files.is_empty());
        if let Some((part, its)) = self.setup {
            parts.push(part);
            files.push(its);
        }
        Plan { parts, files, ..Plan::default() }
    }
}

/// The claim of a node. Compose gives its volumes no size.
fn storage() -> ClaimTemplate {
    let size = Quantity::parse("1Gi").expect("a literal quantity");
    ClaimTemplate {
        name: pieces::DATA.to_owned(),
        size,
        class: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        volume: None,
    }
}
