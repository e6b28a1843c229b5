//! How the listeners of a tier are secured, and the files that come with it.

use k8s_openapi::api::core::v1 as core;
use serde::Serialize;

use super::access::SUPER_USER;
use super::{Controllers, KafkaTier, strimzi};
use crate::model::{Cluster, FileKey};
use crate::stateful::fields::SecretKey;
use crate::stateful::{Credential, ServedName, pieces, render};

/// Where the certificate is.
const TLS: &str = "/etc/kafka-secrets/tls";
/// Where the nodes' password is.
const NODES: &str = "/etc/kafka-secrets/nodes";
/// Where the users' passwords are.
const USERS: &str = "/etc/kafka-secrets/users";
/// The file of a certificate's authority.
const AUTHORITY: &str = "ca.crt";

/// What bash knows of passwords.
pub(super) const PASSWORD: &str = include_str!("../../../templates/kafka/password.sh");

/// How the listeners are secured: all in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Security {
    /// Kafka's word for it.
    pub(super) protocol: &'static str,
    /// Whether they encrypt.
    pub(super) tls: bool,
    /// Whether one has to log in.
    pub(super) login: bool,
    /// As whom the nodes do.
    user: &'static str,
}

/// Volumes and where they are mounted.
pub(super) type Mounted = Vec<(core::Volume, core::VolumeMount)>;

impl KafkaTier {
    pub(super) fn security(&self) -> Security {
        let (tls, login) = (self.access.certificate.is_some(), !self.access.users.is_empty());
        let protocol = match (tls, login) {
            (false, false) => "PLAINTEXT",
            (true, false) => "SSL",
            (false, true) => "SASL_PLAINTEXT",
            (true, true) => "SASL_SSL",
        };
        Security { protocol, tls, login, user: SUPER_USER }
    }

    /// The keys of secrets that it needs, with their places.
    pub(super) fn needed_secrets(&self) -> Vec<Credential> {
        let mut found = Vec::new();
        for file in ["tls.crt", "tls.key", AUTHORITY] {
            found.extend(self.certificate_key(file).map(|it| it.credential("certificate")));
        }
        let password = self.access.inter_broker_password.as_ref();
        found.extend(password.map(|it| it.credential("interBrokerPassword")));
        found.extend(self.access.users.iter().map(|(name, user)| Credential {
            at: vec!["users".into(), name.to_string().into(), "password".into()],
            ..user.password.credential("password")
        }));
        found
    }

    /// What the certificate must be for: the Service, where clients begin, and each pod, where they are sent.
    pub(super) fn certified_names(&self, name: &str, namespace: &str, cluster: &Cluster) -> Vec<ServedName> {
        let domain = &cluster.domain;
        let service = format!("{name}.{namespace}.svc.{domain}");
        let mut found = vec![ServedName { entry: service.clone(), host: service }];
        let mut pods = |set: &str, replicas: u32, headless: &str| {
            found.extend((0..replicas).map(|ordinal| ServedName {
                host: format!("{set}-{ordinal}.{headless}"),
                entry: format!("*.{headless}"),
            }));
        };
        if self.operated() {
            // The names that clients are sent to, which Strimzi writes without the cluster's domain. Controllers and brokers meet
            // with certificates of the operator's own.
            let headless = format!("{}.{namespace}.svc", strimzi::brokers_service(name));
            pods(&strimzi::brokers(name), self.fields.replicas, &headless);
            return found;
        }
        let inside = |headless: String| format!("{headless}.{namespace}.svc.{domain}");
        let own = pieces::headless_of(name, self.common.adopt.as_deref());
        pods(name, self.fields.replicas, &inside(own));
        if let Controllers::Separate(count) = self.fields.controllers {
            let set = format!("{name}-controller");
            pods(&set, count, &inside(pieces::headless(&set)));
        }
        found
    }

    /// The authority of the certificate with which it serves.
    pub(super) fn authority(&self) -> Option<SecretKey> {
        self.certificate_key(AUTHORITY)
    }

    fn certificate_key(&self, file: &str) -> Option<SecretKey> {
        let secret = self.access.certificate.clone()?;
        FileKey::parse(file).ok().map(|key| SecretKey { secret, key })
    }

    /// What a node mounts.
    pub(super) fn node_secrets(&self) -> Mounted {
        let keys = ["tls.crt", "tls.key", AUTHORITY].map(|it| (self.certificate_key(it), it));
        certificate(&keys).into_iter().chain(self.nodes_password()).collect()
    }

    /// What the setup mounts: of the certificate, its authority alone.
    pub(super) fn setup_secrets(&self) -> Mounted {
        let authority = [(self.certificate_key(AUTHORITY), AUTHORITY)];
        let users: Vec<_> =
            self.access.users.iter().map(|(name, it)| (&it.password, name.as_str())).collect();
        let users = (!users.is_empty()).then(|| mounted("users", &users, USERS));
        certificate(&authority).into_iter().chain(self.nodes_password()).chain(users).collect()
    }

    fn nodes_password(&self) -> Option<(core::Volume, core::VolumeMount)> {
        let password = self.access.inter_broker_password.as_ref().filter(|_| self.security().login)?;
        Some(mounted("nodes", &[(password, "password")], NODES))
    }
}

/// The files of the certificate; none where there is none.
fn certificate(keys: &[(Option<SecretKey>, &str)]) -> Option<(core::Volume, core::VolumeMount)> {
    let keys: Vec<_> = keys.iter().filter_map(|(key, file)| Some((key.as_ref()?, *file))).collect();
    (!keys.is_empty()).then(|| mounted("tls", &keys, TLS))
}

fn mounted(volume: &str, keys: &[(&SecretKey, &str)], path: &str) -> (core::Volume, core::VolumeMount) {
    (pieces::secrets(volume, keys), pieces::read_only(volume, path))
}

impl Security {
    /// Whether a tool needs more than an address.
    pub(super) fn any(self) -> bool {
        self.tls || self.login
    }

    /// What the tools of the setup and of people need: the file's name and text.
    pub(super) fn admin_file(self) -> Option<(String, String)> {
        let source = include_str!("../../../templates/kafka/admin.properties.j2");
        self.any()
            .then(|| ("admin.properties".to_owned(), render("kafka/admin.properties.j2", source, &self)))
    }
}
