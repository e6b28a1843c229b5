use k8s_openapi::api::batch::v1::{CronJobSpec, JobSpec, JobTemplateSpec};
use serde_json::json;

use super::*;
use crate::k8s::crd::istio::IstioVersion;

fn metadata() -> ObjectMeta {
    ObjectMeta {
        name: Some("iam".into()),
        namespace: Some("platform-services".into()),
        ..ObjectMeta::default()
    }
}

/// One of each kind, under its expected id and file stem. The compiler knows of a kind that is missing here only
/// through the count below.
fn one_of_each() -> Vec<(Object, &'static str, &'static str)> {
    macro_rules! with_metadata {
        ($($kind:ident $group_version:literal $stem:literal;)*) => {
            vec![$((
                Object::from($kind { metadata: metadata(), ..$kind::default() }),
                concat!($group_version, "/", stringify!($kind), " platform-services/iam"),
                $stem,
            ),)*]
        };
    }
    with_metadata! {
        Account "jetstream.nats.io/v1beta2" "account";
        AuthorizationPolicy "security.istio.io/v1" "authorizationpolicy";
        Certificate "cert-manager.io/v1" "certificate";
        CiliumNetworkPolicy "cilium.io/v2" "ciliumnetworkpolicy";
        Cluster "postgresql.cnpg.io/v1" "cluster";
        ClusterRole "rbac.authorization.k8s.io/v1" "clusterrole";
        ClusterRoleBinding "rbac.authorization.k8s.io/v1" "clusterrolebinding";
        ConfigMap "v1" "configmap";
        Consumer "jetstream.nats.io/v1beta2" "consumer";
        CronJob "batch/v1" "cronjob";
        DaemonSet "apps/v1" "daemonset";
        Database "postgresql.cnpg.io/v1" "database";
        Deployment "apps/v1" "deployment";
        DestinationRule "networking.istio.io/v1" "destinationrule";
        ExternalSecret "external-secrets.io/v1" "externalsecret";
        GRPCRoute "gateway.networking.k8s.io/v1" "grpc-route";
        Gateway "gateway.networking.k8s.io/v1" "gateway";
        HTTPRoute "gateway.networking.k8s.io/v1" "http-route";
        HorizontalPodAutoscaler "autoscaling/v2" "hpa";
        Ingress "networking.k8s.io/v1" "ingress";
        Job "batch/v1" "job";
        Kafka "kafka.strimzi.io/v1" "kafka";
        KafkaNodePool "kafka.strimzi.io/v1" "kafkanodepool";
        KafkaTopic "kafka.strimzi.io/v1" "kafkatopic";
        KafkaUser "kafka.strimzi.io/v1" "kafkauser";
        LimitRange "v1" "limitrange";
        Namespace "v1" "namespace";
        NetworkPolicy "networking.k8s.io/v1" "networkpolicy";
        ObjectStore "barmancloud.cnpg.io/v1" "objectstore";
        PeerAuthentication "security.istio.io/v1" "peerauthentication";
        PersistentVolume "v1" "persistentvolume";
        PersistentVolumeClaim "v1" "persistentvolumeclaim";
        PodDisruptionBudget "policy/v1" "pdb";
        PodMonitor "monitoring.coreos.com/v1" "podmonitor";
        Pooler "postgresql.cnpg.io/v1" "pooler";
        PriorityClass "scheduling.k8s.io/v1" "priorityclass";
        PrometheusRule "monitoring.coreos.com/v1" "prometheusrule";
        RabbitmqCluster "rabbitmq.com/v1beta1" "rabbitmqcluster";
        Redis "redis.redis.opstreelabs.in/v1beta2" "redis";
        RedisReplication "redis.redis.opstreelabs.in/v1beta2" "redisreplication";
        RedisSentinel "redis.redis.opstreelabs.in/v1beta2" "redissentinel";
        ReferenceGrant "gateway.networking.k8s.io/v1beta1" "referencegrant";
        ResourceQuota "v1" "resourcequota";
        Role "rbac.authorization.k8s.io/v1" "role";
        RoleBinding "rbac.authorization.k8s.io/v1" "rolebinding";
        Rollout "argoproj.io/v1alpha1" "rollout";
        ScheduledBackup "postgresql.cnpg.io/v1" "scheduledbackup";
        SecretStore "external-secrets.io/v1" "secretstore";
        Service "v1" "service";
        ServiceAccount "v1" "serviceaccount";
        StatefulSet "apps/v1" "statefulset";
        Stream "jetstream.nats.io/v1beta2" "stream";
        StorageClass "storage.k8s.io/v1" "storageclass";
        VaultAuth "secrets.hashicorp.com/v1beta1" "vaultauth";
        VaultConnection "secrets.hashicorp.com/v1beta1" "vaultconnection";
        VaultDynamicSecret "secrets.hashicorp.com/v1beta1" "vaultdynamicsecret";
        VaultStaticSecret "secrets.hashicorp.com/v1beta1" "vaultstaticsecret";
        VirtualService "networking.istio.io/v1" "virtualservice";
    }
}

#[test]
fn every_kind_knows_its_id_and_prints_the_same() {
    let objects = one_of_each();
    assert_eq!(objects.len(), 23 + 35, "built-in and custom kinds");
    for (mut object, id, stem) in objects {
        assert_eq!(object.id().to_string(), id);
        assert_eq!(object.file_stem(), stem);
        assert_eq!(object.metadata(), Some(&metadata()));

        // What is written says the same as the id does.
        let printed = serde_json::to_value(&object).unwrap();
        assert_eq!(Object::from(printed.clone()).id(), object.id());
        let keys: Vec<_> = printed.as_object().unwrap().keys().take(2).collect();
        assert_eq!(keys, ["apiVersion", "kind"], "{id}");

        object.metadata_mut().unwrap().name = Some("other".into());
        assert_eq!(object.id().name, "other");
    }
}

#[test]
fn the_id_follows_the_version_of_istio() {
    let object = Object::from(PeerAuthentication {
        metadata: metadata(),
        version: IstioVersion::V1Beta1,
        ..PeerAuthentication::default()
    });
    assert_eq!(object.id().to_string(), "security.istio.io/v1beta1/PeerAuthentication platform-services/iam");
}

#[test]
fn workloads_and_only_they_have_pods() {
    let jobs = || Some(JobSpec::default());
    let template = JobTemplateSpec { spec: jobs(), ..JobTemplateSpec::default() };
    let workloads: [Object; 6] = [
        CronJob {
            spec: CronJobSpec { job_template: template, ..CronJobSpec::default() },
            ..CronJob::default()
        }
        .into(),
        DaemonSet::default().into(),
        Deployment::default().into(),
        Job { spec: jobs(), ..Job::default() }.into(),
        Rollout::default().into(),
        StatefulSet::default().into(),
    ];
    for mut workload in workloads {
        workload.pod_template_mut().unwrap().metadata = Some(metadata());
        let pods = workload.pod_template().unwrap();
        assert_eq!(pods.metadata, Some(metadata()), "{}", workload.kind());
    }
    let with_pods = one_of_each().iter().filter(|(object, ..)| object.pod_template().is_some()).count();
    assert_eq!(with_pods, 4, "a Job and a CronJob without a spec have none");
}

#[test]
fn raw_manifests_stay_as_they_are() {
    let manifest = json!({"kind": "PodMonitor", "apiVersion": "monitoring.coreos.com/v1", "spec": {"z": 1, "a": null},
        "metadata": {"name": "iam", "namespace": "apps"}});
    let text = manifest.to_string();
    let mut object = Object::from(manifest);
    assert_eq!(object.id().to_string(), "monitoring.coreos.com/v1/PodMonitor apps/iam");
    assert_eq!(object.file_stem(), "podmonitor");
    assert_eq!(object.metadata(), None);
    assert_eq!(object.metadata_mut(), None);
    assert_eq!(serde_json::to_string(&object).unwrap(), text);
}

#[test]
fn raw_manifests_of_kubernetes_own_kinds_have_pods() {
    let pod =
        json!({ "metadata": { "labels": { "a": "b" } }, "spec": { "containers": [{ "name": "main" }] } });
    let (spec, job) = (json!({ "template": pod }), json!({ "template": { "spec": { "template": pod } } }));
    let cron = json!({ "jobTemplate": { "spec": { "template": pod } } });
    let with = |version: &str, kind: &str, spec: &serde_json::Value| {
        Object::from(json!({ "apiVersion": version, "kind": kind, "spec": spec }))
    };
    let raw = [
        Object::from(
            json!({ "apiVersion": "v1", "kind": "Pod", "metadata": pod["metadata"], "spec": pod["spec"] }),
        ),
        Object::from(json!({ "apiVersion": "v1", "kind": "PodTemplate", "template": pod })),
        with("v1", "ReplicationController", &spec),
        with("apps/v1", "ReplicaSet", &spec),
        with("apps/v1", "Deployment", &spec),
        with("apps/v1", "StatefulSet", &spec),
        with("apps/v1", "DaemonSet", &spec),
        with("batch/v1", "Job", &spec),
        with("batch/v1", "CronJob", &cron),
    ];
    let expected: PodTemplateSpec = serde_json::from_value(pod).unwrap();
    for object in raw {
        assert_eq!(object.pods().as_deref(), Some(&expected), "{}", object.kind());
    }
    let none = [
        with("batch.volcano.sh/v1alpha1", "Job", &spec),
        with("batch/v1", "CronJob", &job),
        with("apps/v1", "Deployment", &json!({ "template": [] })),
        Object::from(json!(null)),
    ];
    for object in none {
        assert_eq!(object.pods(), None, "{}", object.kind());
    }
    assert!(Object::from(Deployment::default()).pods().is_some());
}

#[test]
fn a_raw_kind_cannot_name_a_path() {
    let stem = |kind: &str| Object::from(json!({"apiVersion": "v1", "kind": kind})).file_stem();
    assert_eq!(stem("../../etc/Passwd"), "etcpasswd");
    assert_eq!(stem("../.."), "manifest");
    assert_eq!(stem("HorizontalPodAutoscaler"), "hpa");
    assert_eq!(Object::from(json!(null)).file_stem(), "manifest");
}
