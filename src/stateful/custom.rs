//! `custom`: any image that keeps state, for engines that stackgen does not know.

use super::fields::{Storage, Stored};
use super::upgrade::{Members, OWN, Standing};
use super::{Credential, Plan, Target, Tier, TierContext, engine, pieces};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::MISSING_FIELD;
use crate::model::macros::{model, parts};
use crate::model::{
    AbsolutePath, Cluster, Common, Container, Name, PodFields, Protocol, Quantity, StaticVolume,
};
use crate::workload::{
    Controller, Endpoint, Endpoints, Part, Pod, ServiceKind, ServicePort, ServiceSpec, Update, Workload,
};

model! {
    /// What only a custom tier has.
    pub struct CustomFields {
        /// The kind: `custom`.
        "kind" kind: String,
        /// How many pods.
        "replicas" replicas: u32 = 1,
        /// Storage of each pod.
        "storage" storage: Option<Quantity>,
        /// Where the storage is mounted.
        "mountPath" mount_path: Option<AbsolutePath>,
        /// The StorageClass; the cluster's default unless given.
        "storageClass" storage_class: Option<Name>,
        /// The volume of each pod, where it exists already.
        "volume" volume: Option<StaticVolume>,
        /// Whether the pods replicate among themselves; several pods that do not are unrelated stores.
        "replicates" replicates: bool = false,
        /// Whether the pods vote: then their number is odd, and a drain leaves a majority.
        "quorum" quorum: bool = false,
        /// The ports, by name, on which only its own pods talk to each other.
        "peerPorts" peer_ports: Vec<Name>,
        /// How pods are replaced: `RollingUpdate`, or `OnDelete` where somebody must act between two of them.
        "updateStrategy" update: Update = Update::Rolling,
        /// The scheme of its URL.
        "scheme" scheme: Option<Scheme>,
    }
}

crate::model::macros::words! {
    /// A URL's scheme.
    pub enum Scheme {
        /// Plain HTTP.
        "http" Http,
        /// HTTP over TLS.
        "https" Https,
        /// Redis.
        "redis" Redis,
        /// AMQP.
        "amqp" Amqp,
        /// NATS.
        "nats" Nats,
        /// TCP.
        "tcp" Tcp,
    }
}

parts! {
    /// A tier of any image.
    pub struct CustomTier {
        /// What every component has.
        common: Common,
        /// The container.
        container: Container,
        /// What the pod has beside it.
        pod: PodFields,
        /// What only a custom tier has.
        fields: CustomFields,
    }
}

engine!(
    /// The engine.
    Custom, "custom", CustomTier, None
);

impl Tier for CustomTier {
    fn common(&self) -> &Common {
        &self.common
    }

    fn replicas(&self) -> u32 {
        self.fields.replicas
    }

    fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
        let mut endpoints =
            Endpoints { scheme: self.fields.scheme.map(Scheme::as_str), ..Endpoints::default() };
        for (name, port) in self.pod.ports(&self.container) {
            let peers_only = self.fields.peer_ports.contains(name);
            let own = self.container.ports.contains_key(name);
            // Pods that replicate call each other where clients call them, too: to join, to forward, to be told.
            if peers_only || own && self.clustered() && port.protocol == Protocol::Tcp {
                endpoints.peers.push(port.number.get());
            }
            if !peers_only {
                endpoints.ports.push(Endpoint {
                    name: name.clone(),
                    number: port.number.get(),
                    service: port.service.get(),
                    protocol: port.protocol,
                    app_protocol: port.app_protocol.clone(),
                });
            }
        }
        endpoints
    }

    fn storages(&self) -> Vec<Stored> {
        self.storage().iter().flat_map(Stored::own).collect()
    }

    fn credentials(&self) -> Vec<Credential> {
        Vec::new()
    }

    fn pod(&self) -> Option<(&Container, &PodFields)> {
        Some((&self.container, &self.pod))
    }

    fn targets(&self, _: &str) -> Vec<Target> {
        Target::described(&self.container, &self.pod).into_iter().collect()
    }

    fn mount_path(&self) -> Option<&AbsolutePath> {
        self.fields.mount_path.as_ref()
    }

    fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
        let fields = &self.fields;
        if fields.replicas > 1 && !fields.replicates && !fields.quorum {
            let message =
                format!("{} replicas that do not replicate are {0} unrelated stores", fields.replicas);
            sink.push(
                Diagnostic::at_value(&super::codes::UNREPLICATED, &at.join("replicas"), message)
                    .note("clients would read from one what they wrote to another")
                    .help("run one replica, or say `replicates: true` where the engine's own configuration joins the pods"),
            );
        }
        if fields.quorum && fields.replicas.is_multiple_of(2) {
            sink.push(super::codes::even_quorum(&at.join("replicas"), fields.replicas));
        }
        if fields.storage.is_some() != fields.mount_path.is_some() {
            let (has, lacks) =
                if fields.storage.is_some() { ("storage", "mountPath") } else { ("mountPath", "storage") };
            let message = format!("`{has}` without `{lacks}`");
            sink.push(
                Diagnostic::at_key(&MISSING_FIELD, &at.join(has), message)
                    .help(format!("add `{lacks}`: a claim has a size and a place in the container")),
            );
        }
        if fields.volume.is_some() && fields.storage.is_none() {
            sink.push(
                Diagnostic::at_key(&MISSING_FIELD, &at.join("volume"), "`volume` without `storage`")
                    .help("add `storage`: the size that the claim asks for"),
            );
        }
        let has = |name: &Name| self.pod.ports(&self.container).any(|(it, _)| it == name);
        for name in fields.peer_ports.iter().filter(|it| !has(it)) {
            let message = format!("the tier has no port `{name}`");
            sink.push(Diagnostic::at_value(&super::codes::UNKNOWN_PORT, &at.join("peerPorts"), message));
        }
    }

    fn standing(&self) -> Standing {
        let voters = Members {
            at: &["replicas"],
            what: "voters",
            parts: OWN,
            number: self.fields.replicas,
            fewer: "take each one out first, as its makers say: one that is only gone still counts to the majority",
            more: None,
        };
        Standing {
            members: self.fields.quorum.then_some(voters).into_iter().collect(),
            ..Standing::default()
        }
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let bound = cx.bound.clone().unwrap_or_default();
        let mut container = bound.container;
        let mut claims = bound.claims;
        if let (Some(storage), Some(path)) = (self.storage(), &self.fields.mount_path) {
            container.volume_mounts.get_or_insert_default().push(pieces::mount(pieces::DATA, path.as_str()));
            claims.push(pieces::claim(&storage));
        }
        let headless = cx.headless();
        let ports = |only_clients: bool| -> Vec<ServicePort> {
            let ports = self.pod.ports(&self.container);
            let shown = ports.filter(|(name, _)| !only_clients || !self.fields.peer_ports.contains(name));
            shown
                .map(|(name, port)| ServicePort {
                    name: name.to_string(),
                    port: port.service.get(),
                    target: name.to_string(),
                    protocol: port.protocol,
                    app_protocol: port.app_protocol.clone(),
                })
                .collect()
        };
        let service = |name: String, kind, ports| ServiceSpec { ports, ..pieces::service(name, kind, &[]) };
        let mut services = vec![service(headless.clone(), ServiceKind::Headless, ports(false))];
        let for_clients = ports(true);
        // Kubernetes refuses a Service without ports, unless it only gives pods their names.
        if !for_clients.is_empty() {
            services.insert(0, service(cx.service().to_owned(), ServiceKind::ClusterIp, for_clients));
        }
        let workload = Workload {
            name: cx.name.to_owned(),
            part: None,
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless,
                parallel: true,
                claims,
                update: self.fields.update,
            },
            pod: Pod {
                automount_token: self.pod.token(),
                annotations: bound.annotations,
                security: bound.security,
                grace: self.pod.grace,
                volumes: bound.volumes,
                init: bound.init,
                containers: std::iter::once(container).chain(bound.sidecars).collect(),
                ..Pod::default()
            },
        };
        let replicas = self.fields.replicas;
        let budget = if self.fields.quorum {
            pieces::quorum_budget(replicas)
        } else {
            pieces::replica_budget(replicas)
        };
        Plan { parts: vec![Part { workload, services, budget }], files: bound.files, ..Plan::default() }
    }
}

impl CustomTier {
    fn storage(&self) -> Option<Storage> {
        let CustomFields { storage, storage_class, volume, .. } = &self.fields;
        Some(Storage { size: storage.clone()?, class: storage_class.clone(), volume: volume.clone() })
    }

    fn clustered(&self) -> bool {
        self.fields.replicates || self.fields.quorum
    }
}
