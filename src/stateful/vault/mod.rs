//! `vault` and `openbao`: `HashiCorp` Vault and its fork, with integrated Raft storage, one node or an odd number of them: one
//! implementation for both. What it does and why is in `docs/engines/vault.md` and `docs/engines/openbao.md`.

use indexmap::IndexMap;
use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::fields::{SecretKey, Storage, Stored};
use super::release::User;
use super::setting::{Setting, SettingName};
use super::upgrade::{Fixed, Members, OWN, Running, Standing};
use super::{Credential, Development, Node, Plan, Tier, TierContext, engine, pieces, render};
use crate::diag::{Route, Sink};
use crate::model::macros::{choice, model, parts};
use crate::model::{Cluster, Common, FileKey, Image, Name};
use crate::workload::{Budget, ConfigFiles, Controller, Endpoints, Part, Run, ServiceKind, Update, Workload};

mod access;
mod brand;
mod check;
mod pod;
mod release;
mod settings;
#[cfg(test)]
mod tests;
mod unseal;

pub use access::AccessFields;
use brand::{Brand, OPENBAO, VAULT};
pub use release::{OpenbaoRelease, VaultRelease};
pub use unseal::Unseal;

const API: &str = "api";
const API_PORT: u16 = 8200;
const CLUSTER: &str = "cluster";
const CLUSTER_PORT: u16 = 8201;

choice! {
    /// The listener's certificate, for the names that clients and peers ask for.
    pub enum VaultTls {
        /// A certificate of the stack.
        "certificate" Certificate(Name),
        /// A secret with the keys `tls.crt`, `tls.key` and `ca.crt`.
        "secret" Secret(Name),
    }
}

model! {
    /// What only a Vault tier has.
    pub struct VaultFields {
        /// The kind: `vault`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: VaultRelease = VaultRelease::standard(),
    }

    /// What only a tier of `OpenBao` has.
    pub struct OpenbaoFields {
        /// The kind: `openbao`.
        "kind" kind: String,
        /// The version, as the official image's tags write it.
        "version" version: OpenbaoRelease = OpenbaoRelease::standard(),
    }

    /// What tiers of Vault and `OpenBao` have.
    pub struct NodeFields {
        /// The image, where another than the official one of the version: a mirror, or one built on it.
        "image" image: Option<Image>,
        /// How many nodes; they vote, so 1, 3 or 5.
        "replicas" replicas: u32 = 3,
        /// The listener's certificate.
        "tls" tls: VaultTls,
        /// Who opens a node after each start: `manual`, or a key elsewhere.
        "unseal" unseal: Unseal,
        /// Whether the listener has the web interface.
        "ui" ui: bool = false,
        /// Settings of the server; those of a stanza with its name: `raft.performance_multiplier`.
        "config" config: IndexMap<SettingName, Setting>,
        /// The token with which a Job sets up what the tier declares; without it, a person runs the script.
        "setupToken" setup_token: Option<SecretKey>,
        /// The token of the superuser of a Compose project's server, which runs in its development mode; without it the server
        /// makes one and logs it.
        "devRootToken" dev_root_token: Option<SecretKey>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = 60,
    }
}

parts! {
    /// A tier of Vault.
    pub struct VaultTier {
        /// What every component has.
        common: Common,
        /// The storage of each node.
        storage: Storage,
        /// Who may do what.
        access: AccessFields,
        /// What only a Vault tier has.
        own: VaultFields,
        /// What it shares with `OpenBao`.
        fields: NodeFields,
    }

    /// A tier of `OpenBao`.
    pub struct OpenbaoTier {
        /// What every component has.
        common: Common,
        /// The storage of each node.
        storage: Storage,
        /// Who may do what.
        access: AccessFields,
        /// What only a tier of `OpenBao` has.
        own: OpenbaoFields,
        /// What it shares with Vault.
        fields: NodeFields,
    }
}

engine!(
    /// The engine.
    Vault, "vault", VaultTier, Some(&release::VAULT)
);

engine!(
    /// The engine.
    Openbao, "openbao", OpenbaoTier, Some(&release::OPENBAO)
);

/// The nodes of a tier, of either.
struct Nodes<'a> {
    brand: &'static Brand,
    common: &'a Common,
    storage: &'a Storage,
    access: &'a AccessFields,
    fields: &'a NodeFields,
    image: String,
    user: User,
    data: &'static str,
}

/// What a tier does, whichever of the two it is.
macro_rules! tier {
    ($tier:ty, $brand:expr, $procedures:expr) => {
        impl $tier {
            fn nodes(&self) -> Nodes<'_> {
                Nodes {
                    brand: $brand,
                    common: &self.common,
                    storage: &self.storage,
                    access: &self.access,
                    fields: &self.fields,
                    image: self.own.version.image(self.fields.image.as_ref()),
                    user: self.own.version.user(),
                    data: self.own.version.line().mount,
                }
            }
        }

        impl Tier for $tier {
            fn common(&self) -> &Common {
                &self.common
            }

            fn replicas(&self) -> u32 {
                self.fields.replicas
            }

            fn endpoints(&self, _: &str, _: &Cluster) -> Endpoints {
                self.nodes().endpoints()
            }

            fn storages(&self) -> Vec<Stored> {
                Stored::own(&self.storage)
            }

            fn credentials(&self) -> Vec<Credential> {
                self.nodes().credentials()
            }

            fn check(&self, at: &Route, _: &Cluster, sink: &mut Sink) {
                self.own.version.check_image(self.fields.image.as_ref(), &at.join("image"), sink);
                self.own.version.check_runs(self.nodes().fields, at, sink);
                check::check(&self.nodes(), at, sink);
            }

            fn calls_api(&self) -> bool {
                self.nodes().calls_api()
            }

            fn standing(&self) -> Standing {
                let fields = &self.fields;
                Standing {
                    release: Some(Running::of(&self.own.version)),
                    members: vec![Members {
                        at: &["replicas"],
                        what: "voters",
                        parts: OWN,
                        number: fields.replicas,
                        fewer: "take each one out first, by `operator raft remove-peer`: one that is only gone still counts to the majority",
                        more: None,
                    }],
                    fixed: vec![Fixed {
                        at: &["unseal"],
                        value: fields.unseal.kind().to_owned(),
                        why: "the storage is sealed by the other way: migrate the seal by hand, with the keys",
                    }],
                    ..Standing::default()
                }
            }

            fn procedures(&self) -> &'static crate::stateful::procedure::Procedures {
                $procedures
            }

            fn development(&self, _: &Development<'_>) -> Option<Node> {
                Some(self.nodes().development())
            }

            fn lower(&self, cx: &TierContext<'_>) -> Plan {
                self.nodes().lower(cx)
            }
        }
    };
}

tier!(VaultTier, &VAULT, &release::PROCEDURES);
tier!(OpenbaoTier, &OPENBAO, &release::OPENBAO_PROCEDURES);

impl Nodes<'_> {
    /// A server in its development mode: open, in memory, without TLS, with the secrets engine `secret/` of version 2.
    fn development(&self) -> Node {
        let brand = self.brand;
        let address = format!("0.0.0.0:{API_PORT}");
        let mut env = vec![
            pieces::env(&brand.variable("DEV_LISTEN_ADDRESS"), address),
            pieces::env(&brand.variable("ADDR"), format!("http://127.0.0.1:{API_PORT}")),
            // It may not lock memory, and needs not.
            pieces::env("SKIP_SETCAP", "true"),
        ];
        let token = self.fields.dev_root_token.as_ref();
        env.extend(token.map(|it| pieces::secret_env(&brand.variable("DEV_ROOT_TOKEN_ID"), it)));
        Node {
            image: self.image.clone(),
            args: vec!["server".to_owned(), "-dev".to_owned()],
            env,
            ready: Some(pieces::exec_probe(&[brand.program, "status"], 5, 5)),
            ports: vec![(API, API_PORT)],
            scheme: Some("http"),
            ..Node::default()
        }
    }

    fn endpoints(&self) -> Endpoints {
        // To join, a node asks for the leader's API; the Job that sets up asks there, too.
        let mut peers = Vec::new();
        if self.clustered() || self.job_token().is_some() {
            peers.push(API_PORT);
        }
        if self.clustered() {
            peers.push(CLUSTER_PORT);
        }
        Endpoints {
            ports: vec![pieces::endpoint(API, API_PORT)],
            scheme: Some("https"),
            peers,
            ..Endpoints::default()
        }
    }

    fn credentials(&self) -> Vec<Credential> {
        let credential = |it: &SecretKey, at: Vec<&'static str>| Credential {
            secret: it.secret.clone(),
            key: it.key.clone(),
            at: at.into_iter().map(Into::into).collect(),
        };
        // What names a secret is looked for at `secret`, below the place.
        let at = match self.fields.tls {
            VaultTls::Certificate(_) => vec!["tls", "certificate"],
            VaultTls::Secret(_) => vec!["tls"],
        };
        let mut found: Vec<_> = self.tls_keys().iter().map(|(key, _)| credential(key, at.clone())).collect();
        found.extend(self.fields.unseal.credentials().map(|(at, key)| credential(key, at)));
        found.extend(self.fields.setup_token.as_ref().map(|it| credential(it, vec!["setupToken"])));
        found.extend(self.fields.dev_root_token.as_ref().map(|it| credential(it, vec!["devRootToken"])));
        found
    }

    /// It asks the Kubernetes API whose tokens it is given.
    fn calls_api(&self) -> bool {
        !self.access.roles.is_empty()
    }

    fn lower(&self, cx: &TierContext<'_>) -> Plan {
        let (config, setup) = (format!("{}-config", cx.name), format!("{}-setup", cx.name));
        let headless = cx.headless();
        let both = [(API, API_PORT), (CLUSTER, CLUSTER_PORT)];
        let services = vec![
            pieces::service(cx.service().to_owned(), ServiceKind::ClusterIp, &both[..1]),
            pieces::service(headless.clone(), ServiceKind::Headless, &both),
        ];
        let workload = Workload {
            name: cx.name.to_owned(),
            part: Some("server"),
            controller: Controller::StatefulSet {
                replicas: self.fields.replicas,
                headless,
                // Nodes wait for each other by themselves, and a sealed one must not keep the next from starting.
                parallel: true,
                claims: vec![pieces::claim(self.storage)],
                // A new node comes up sealed, and the active one goes last: a person or a procedure decides when.
                update: Update::OnDelete,
            },
            pod: pod::server(self, cx, &config),
        };
        let budget = pieces::quorum_budget(self.fields.replicas);
        let mut plan = Plan {
            parts: vec![Part { workload, services, budget }],
            files: vec![ConfigFiles { name: config, files: self.config_files(cx) }],
            objects: self.calls_api().then(|| delegator(cx).into()).into_iter().collect(),
            ..Plan::default()
        };
        if let Some(script) = access::script(self) {
            let files = [("setup.sh".to_owned(), script)].into();
            plan.files.push(ConfigFiles { name: setup.clone(), files });
        }
        if self.job_token().is_some() {
            let workload = Workload {
                name: setup.clone(),
                part: Some("setup"),
                controller: Controller::Job(Run::until_done(10)),
                pod: pod::setup(self, cx, &setup),
            };
            plan.parts.push(Part { workload, services: Vec::new(), budget: Budget::None });
        }
        plan
    }

    fn clustered(&self) -> bool {
        self.fields.replicas > 1
    }

    fn job_token(&self) -> Option<&SecretKey> {
        self.fields.setup_token.as_ref().filter(|_| access::script(self).is_some())
    }

    /// The keys of the listener's certificate and the files that they become.
    fn tls_keys(&self) -> [(SecretKey, &'static str); 3] {
        let (VaultTls::Certificate(secret) | VaultTls::Secret(secret)) = &self.fields.tls;
        ["tls.crt", "tls.key", "ca.crt"].map(|file| {
            let key = FileKey::parse(file).expect("a literal key");
            (SecretKey { secret: secret.clone(), key }, file)
        })
    }

    fn config_files(&self, cx: &TierContext<'_>) -> std::collections::BTreeMap<String, String> {
        let start = include_str!("../../../templates/vault/start.sh.j2");
        let brand = self.brand;
        let context = StartContext { root: brand.root, program: brand.program, file: brand.file };
        [
            ("start.sh".to_owned(), render("vault/start.sh.j2", start, &context)),
            (brand.file.to_owned(), settings::file(self, cx)),
        ]
        .into()
    }
}

#[derive(Serialize)]
struct StartContext {
    root: &'static str,
    program: &'static str,
    file: &'static str,
}

/// The name under which clients of all namespaces know the tier. Its certificate is for this name, among others.
fn host(cx: &TierContext<'_>) -> String {
    cx.service_host()
}

/// Lets the tier ask the Kubernetes API whose tokens it is given. One name serves the whole cluster.
fn delegator(cx: &TierContext<'_>) -> ClusterRoleBinding {
    ClusterRoleBinding {
        metadata: ObjectMeta {
            name: Some(format!("{}-{}-auth-delegator", cx.namespace, cx.name)),
            ..Default::default()
        },
        role_ref: RoleRef {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "ClusterRole".to_owned(),
            name: "system:auth-delegator".to_owned(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: cx.service_account.to_owned(),
            namespace: Some(cx.namespace.to_owned()),
            ..Default::default()
        }]),
    }
}
