//! What runs with the RabbitMQ Cluster Operator: one custom resource, no pods of our own.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{DISTRIBUTION, EPMD, Plugin, RabbitMqTier, settings};
use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::k8s::crd::rabbitmq::cluster::{
    Configuration, ExternalSecretName, Override, Persistence, RabbitmqCluster, RabbitmqClusterSpec,
    SecretBackend, StatefulSetOverride, StatefulSetOverrideSpec,
};
use crate::k8s::labels;
use crate::model::codes::BAD_VALUE;
use crate::model::{Cluster, Version};
use crate::stateful::codes::IMPOSSIBLE_TOPOLOGY;
use crate::stateful::{Plan, SecretForm, TierContext, pieces};
use crate::workload::{Caller, placement, resources};

#[cfg(test)]
mod tests;

/// The oldest operator whose own settings and commands are those of RabbitMQ 4.1, which it then runs by default
/// (<https://github.com/rabbitmq/cluster-operator/pull/1867>).
const OLDEST: Version = Version::new(2, 14);
/// What a tier's name may have at most: its StatefulSet is `NAME-server`, and the pods bear that and a hash of eleven
/// characters in a label of 63.
const LONGEST_NAME: usize = 63 - "-server".len() - 11;
/// The key of the secret that the operator gives to the server, as a file of settings.
const USER_FILE: &str = "default_user.conf";
/// What nodes call each other on.
pub(super) static PEERS: [u16; 2] = [EPMD, DISTRIBUTION];
/// The port on which the operator asks each node whether queues would lose their majority with it
/// (`internal/rabbitmqclient` of its code).
const MANAGEMENT: u16 = 15672;
/// The operator's containers.
const SETUP: &str = "setup-container";
const SERVER: &str = "rabbitmq";
/// Plugins that the operator always has on (`requiredPlugins` of its code).
const ALWAYS: [Plugin; 2] = [Plugin::Management, Plugin::Prometheus];

/// The labels of pods that the operator's own examples of policies go by. Its other one, [`labels::PART_OF`], is
/// the one by which it finds what is its own, and must stay what it is.
pub(super) fn labels(name: &str) -> BTreeMap<String, String> {
    [(labels::NAME, name), (labels::COMPONENT, "rabbitmq")]
        .map(|(key, it)| (key.to_owned(), it.to_owned()))
        .into()
}

/// The operator itself.
pub(super) fn caller(cluster: &Cluster) -> Caller {
    Caller::namespace(cluster.rabbitmq_namespace.as_str(), vec![MANAGEMENT])
}

/// What the administrator's secret must look like.
pub(super) fn secret_form(tier: &RabbitMqTier) -> SecretForm {
    SecretForm {
        secret: tier.fields.password.secret.clone(),
        keys: &[USER_FILE],
        note: "the operator gives this key to the server as a file: the lines `default_user = USER` and `default_pass = PASSWORD`",
        at: vec!["password"],
    }
}

/// Each Service and each ServiceAccount that the operator makes.
pub(super) fn objects(name: &str) -> Vec<(&'static str, String)> {
    vec![
        ("ServiceAccount", format!("{name}-server")),
        ("Service", name.to_owned()),
        ("Service", format!("{name}-nodes")),
    ]
}

/// Reports what the operator cannot run, or would read otherwise; `at` is the tier's place.
pub(super) fn check(tier: &RabbitMqTier, at: &Route, cluster: &Cluster, sink: &mut Sink) {
    let fields = &tier.fields;
    let bad = |at: &Route, message: &str| Diagnostic::at_value(&BAD_VALUE, at, message);
    let operator = cluster.rabbitmq_operator;
    if operator < OLDEST {
        let declared = Route::of(&["cluster", "rabbitmq-cluster-operator"]);
        let message = format!("version {operator} of the operator is older than RabbitMQ 4.1");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("backend"), message)
                .also(At::Node(declared, Part::Value), "its version is declared here")
                .help(format!("use the operator's version {OLDEST} or newer, or `backend: plain`")),
        );
    }
    let version = &at.join("version");
    if fields.version.asks_kubernetes() {
        sink.push(
            bad(version, "RabbitMQ 4.0 finds its nodes by the Kubernetes API")
                .note("this tier's pods have no token for it; from 4.1 on the operator needs none")
                .help("use 4.1 or newer, or `backend: plain`"),
        );
    } else if fields.version.alpine() {
        sink.push(
            bad(version, "the operator runs the user 999, which Alpine's images do not have")
                .help("use the tag without `alpine`"),
        );
    }
    if fields.erlang_cookie.is_some() {
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("erlangCookie"), "the operator takes no `erlangCookie`")
                .note("it makes one itself, in the Secret `NAME-erlang-cookie`")
                .help("remove `erlangCookie`"),
        );
    }
    if tier.storage.volume.is_some() {
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("volume"), "the operator makes the claims itself")
                .note("volumes are kept for claims of the plain backend's names")
                .help("remove `volume`, or use `backend: plain`"),
        );
    }
    let name = at.steps().last().unwrap_or_default();
    if name.len() > LONGEST_NAME {
        let message = format!("the operator's StatefulSet bears names of {LONGEST_NAME} characters at most");
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, at, message)
                .note("it is called `NAME-server`, and its pods bear that and a hash in a label")
                .help("rename the tier"),
        );
    }
    let misread = |text: &str| text.contains([';', '`', '"', '\'']) || text.ends_with('\\');
    for (name, _) in fields.config.iter().filter(|(_, it)| misread(it.text())) {
        let message = format!("the operator would not pass on `{}` as it is written", name.as_str());
        sink.push(
            bad(&at.join("config").join(name.as_str()), &message)
                .note("it reads the settings as an ini file first, to which `;`, quotes and a final `\\` mean something"),
        );
    }
}

/// What runs.
pub(super) fn plan(tier: &RabbitMqTier, cx: &TierContext<'_>) -> Plan {
    Plan {
        objects: vec![cluster(tier, cx).into()],
        budget: pieces::quorum_budget(tier.fields.replicas),
        ..Plan::default()
    }
}

fn cluster(tier: &RabbitMqTier, cx: &TierContext<'_>) -> RabbitmqCluster {
    let fields = &tier.fields;
    let wanted = cx.pods.affinity.as_ref();
    let plugins = fields.plugins.iter().filter(|it| !ALWAYS.contains(it));
    RabbitmqCluster {
        metadata: ObjectMeta { name: Some(cx.name.to_owned()), ..ObjectMeta::default() },
        spec: RabbitmqClusterSpec {
            affinity: wanted.and_then(|it| {
                placement::affinity(placement::nodes(it), placement::separate(it, selector(cx)))
            }),
            image: fields.version.image(fields.image.as_ref()),
            patches: Override {
                stateful_set: StatefulSetOverride { spec: StatefulSetOverrideSpec { template: patch(cx) } },
            },
            persistence: Persistence {
                storage: tier.storage.size.to_string(),
                storage_class_name: tier.storage.class.as_ref().map(ToString::to_string),
            },
            rabbitmq: Configuration {
                additional_config: conf(tier, cx),
                additional_plugins: plugins.map(|it| it.as_str().to_owned()).collect(),
            },
            replicas: fields.replicas,
            resources: tier.common.resources.as_deref().map(resources),
            secret_backend: SecretBackend {
                external_secret: ExternalSecretName { name: fields.password.secret.to_string() },
            },
            termination_grace_period_seconds: fields.grace,
            tolerations: wanted.and_then(placement::tolerations).unwrap_or_default(),
        },
    }
}

/// The settings of a plain tier. The operator gives the administrator and finds the nodes; the virtual host is a setting, too.
fn conf(tier: &RabbitMqTier, cx: &TierContext<'_>) -> String {
    let mut lines = settings::lines(tier, cx.name);
    lines.push(("default_vhost".to_owned(), tier.fields.vhost.clone()));
    // The image without `management` in its tag switches off what the plugin shows.
    let collects = tier.fields.plugins.contains(&Plugin::Management);
    let collector = "management_agent.disable_metrics_collector";
    if !lines.iter().any(|(name, _)| name == collector) {
        lines.push((collector.to_owned(), (!collects).to_string()));
    }
    let lines: Vec<String> = lines.into_iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{}\n", lines.join("\n"))
}

fn selector(cx: &TierContext<'_>) -> LabelSelector {
    LabelSelector { match_labels: Some(cx.selector.clone()), ..LabelSelector::default() }
}

/// What the operator's pods lack: labels and annotations of the stack, its ServiceAccount, spread, priority, and what the restricted Pod
/// Security Standard asks for. No token: from RabbitMQ 4.1 on no node calls the API.
fn patch(cx: &TierContext<'_>) -> core::PodTemplateSpec {
    let wanted = cx.pods.affinity.as_ref();
    let labels: BTreeMap<_, _> =
        cx.pods.labels.clone().into_iter().filter(|(key, _)| !cx.selector.contains_key(key)).collect();
    let annotations = cx.pods.annotations.clone();
    let container = |name: &str| core::Container {
        name: name.to_owned(),
        security_context: Some(core::SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(core::Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                ..core::Capabilities::default()
            }),
            ..core::SecurityContext::default()
        }),
        ..core::Container::default()
    };
    core::PodTemplateSpec {
        metadata: (!labels.is_empty() || !annotations.is_empty()).then(|| ObjectMeta {
            labels: (!labels.is_empty()).then_some(labels),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..ObjectMeta::default()
        }),
        spec: Some(core::PodSpec {
            automount_service_account_token: Some(false),
            containers: vec![container(SERVER)],
            init_containers: Some(vec![container(SETUP)]),
            priority_class_name: wanted.and_then(|it| it.priority_class.as_ref()).map(ToString::to_string),
            security_context: Some(core::PodSecurityContext {
                run_as_non_root: Some(true),
                seccomp_profile: Some(core::SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    ..core::SeccompProfile::default()
                }),
                ..core::PodSecurityContext::default()
            }),
            service_account_name: Some(cx.service_account.to_owned()),
            topology_spread_constraints: wanted.and_then(|it| placement::spread(it, &selector(cx), None)),
            ..core::PodSpec::default()
        }),
    }
}
