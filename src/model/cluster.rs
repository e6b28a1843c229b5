//! What the output may rely on.

use indexmap::IndexMap;

use super::macros::model;
use super::{LabelKey, Name, NodePool, Version};
use crate::k8s::labels;

model! {
    /// The versions that the cluster has; API versions and features follow them.
    pub struct Cluster {
        /// Kubernetes itself.
        "kubernetes" kubernetes: Version = Cluster::standard().kubernetes,
        /// Istio.
        "istio" istio: Version = Cluster::standard().istio,
        /// Linkerd.
        "linkerd" linkerd: Version = Cluster::standard().linkerd,
        /// cert-manager.
        "cert-manager" cert_manager: Version = Cluster::standard().cert_manager,
        /// The Vault Secrets Operator.
        "vault-secrets-operator" vault_secrets_operator: Version = Cluster::standard().vault_secrets_operator,
        /// The External Secrets Operator.
        "external-secrets" external_secrets: Version = Cluster::standard().external_secrets,
        /// CloudNativePG, for tiers of PostgreSQL with `backend: operator`.
        "cloudnative-pg" cloudnative_pg: Version = Cluster::standard().cloudnative_pg,
        /// Strimzi, for tiers of Kafka with `backend: operator`.
        "strimzi" strimzi: Version = Cluster::standard().strimzi,
        /// The RabbitMQ Cluster Operator, for tiers of RabbitMQ with `backend: operator`.
        "rabbitmq-cluster-operator" rabbitmq_operator: Version = Cluster::standard().rabbitmq_operator,
        /// The Redis operator of OpsTree, for tiers of Redis with `backend: operator`.
        "redis-operator" redis_operator: Version = Cluster::standard().redis_operator,
        /// NACK, for tiers of NATS with `streamsBy: nack`.
        "nack" nack: Version = Cluster::standard().nack,
        /// KEDA, for services with `scale: { keda: … }`.
        "keda" keda: Version = Cluster::standard().keda,
        /// Argo Rollouts, for services with `rollout: { canary: { steps: … } }` or `rollout: { blue-green: { promotion: … } }`;
        /// not there unless given.
        "argo-rollouts" argo_rollouts: Option<Version>,
        /// The pools of nodes, by name: all that pods of the stack may run on, where there is one. Pods that fit into none are an error.
        "nodePools" node_pools: IndexMap<Name, NodePool>,
        /// The DNS domain of the cluster.
        "domain" domain: String = Cluster::standard().domain,
        /// The namespace and labels of the cluster's DNS pods follow CoreDNS as kubeadm installs it.
        "dnsNamespace" dns_namespace: Name = Cluster::standard().dns_namespace,
        /// The namespace of Istio's control plane.
        "istioNamespace" istio_namespace: Name = Cluster::standard().istio_namespace,
        /// The namespace of Linkerd's control plane.
        "linkerdNamespace" linkerd_namespace: Name = Cluster::standard().linkerd_namespace,
        /// The namespace of the Vault Secrets Operator.
        "vaultSecretsOperatorNamespace" vso_namespace: Name = Cluster::standard().vso_namespace,
        /// The namespace of CloudNativePG and its plugins.
        "cloudNativePgNamespace" cnpg_namespace: Name = Cluster::standard().cnpg_namespace,
        /// The labels of CloudNativePG's operator, whose pods ask and lead the servers;
        /// `app.kubernetes.io/name: cloudnative-pg` unless given.
        "cloudNativePgLabels" cnpg_labels: IndexMap<LabelKey, String> = Cluster::standard().cnpg_labels,
        /// The namespace of Strimzi's operator.
        "strimziNamespace" strimzi_namespace: Name = Cluster::standard().strimzi_namespace,
        /// The namespace of the RabbitMQ Cluster Operator.
        "rabbitmqClusterOperatorNamespace" rabbitmq_namespace: Name = Cluster::standard().rabbitmq_namespace,
        /// The namespace of OpsTree's Redis operator.
        "redisOperatorNamespace" redis_namespace: Name = Cluster::standard().redis_namespace,
        /// The namespace of NACK.
        "nackNamespace" nack_namespace: Name = Cluster::standard().nack_namespace,
        /// The namespace of KEDA.
        "kedaNamespace" keda_namespace: Name = Cluster::standard().keda_namespace,
        /// The labels of KEDA's operator, whose pods ask tiers for what waits; `app.kubernetes.io/name: keda-operator`
        /// unless given.
        "kedaLabels" keda_labels: IndexMap<LabelKey, String> = Cluster::standard().keda_labels,
        /// Whether KEDA's operator is in the mesh.
        "kedaMesh" keda_mesh: bool = false,
    }
}

impl Cluster {
    /// A cluster of which the stack says nothing: supported versions, usual namespaces.
    ///
    /// # Panics
    /// Never: the names are names.
    #[must_use]
    pub fn standard() -> Self {
        let name = |text| Name::parse(text).expect("a literal DNS label");
        let label = |text| LabelKey::parse(text).expect("a literal label");
        Self {
            kubernetes: Version::new(1, 34),
            istio: Version::new(1, 27),
            linkerd: Version::new(2, 18),
            cert_manager: Version::new(1, 17),
            vault_secrets_operator: Version::new(0, 10),
            external_secrets: Version::new(0, 16),
            cloudnative_pg: Version::new(1, 30),
            strimzi: Version::new(1, 2),
            rabbitmq_operator: Version::new(2, 22),
            redis_operator: Version::new(0, 26),
            nack: Version::new(0, 22),
            keda: Version::new(2, 17),
            argo_rollouts: None,
            node_pools: IndexMap::new(),
            domain: "cluster.local".to_owned(),
            dns_namespace: name("kube-system"),
            istio_namespace: name("istio-system"),
            linkerd_namespace: name("linkerd"),
            vso_namespace: name("vault-secrets-operator"),
            cnpg_namespace: name("cnpg-system"),
            // The sample of "Networking" in CloudNativePG's documentation.
            cnpg_labels: [(label(labels::NAME), "cloudnative-pg".to_owned())].into(),
            strimzi_namespace: name("strimzi"),
            rabbitmq_namespace: name("rabbitmq-system"),
            redis_namespace: name("ot-operators"),
            nack_namespace: name("nack"),
            keda_namespace: name("keda"),
            keda_labels: [(label(labels::NAME), "keda-operator".to_owned())].into(),
            keda_mesh: false,
        }
    }
}
