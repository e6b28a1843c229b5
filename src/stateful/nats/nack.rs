//! What NACK makes streams from: custom resources in the place of the Job.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{AckPolicy, CLIENT_PORT, Consumer, NatsTier, Stream, StreamName};
use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::k8s::Object;
use crate::k8s::crd::nats::account::{Account, AccountSpec, AccountUser, SecretName};
use crate::k8s::crd::nats::{consumer, stream};
use crate::model::codes::BAD_VALUE;
use crate::model::{Cluster, Duration, Quantity, Version};
use crate::stateful::codes::IMPOSSIBLE_TOPOLOGY;
use crate::stateful::{SecretForm, TierContext, pieces};
use crate::workload::Caller;

/// The oldest controller that this is written for. It logs in by user and password since 0.17 or 0.18
/// (<https://github.com/nats-io/nack/pull/219>); which of its releases brought the definition along is not documented.
const OLDEST: Version = Version::new(0, 22);
/// The key of the secret with the user's name, which the controller takes from nowhere else.
const USER_KEY: &str = "username";

/// The controller, which calls servers as any client does.
pub(super) fn caller(cluster: &Cluster) -> Caller {
    Caller::namespace(cluster.nack_namespace.as_str(), vec![CLIENT_PORT])
}

/// What the secret of the password must have.
pub(super) fn secret_form(tier: &NatsTier) -> Option<SecretForm> {
    tier.fields.password.as_ref().map(|it| SecretForm {
        secret: it.secret.clone(),
        keys: &[USER_KEY],
        note: "NACK reads the user's name from this key; it is that of `user`",
        at: vec!["password"],
    })
}

/// Reports what the controller cannot do, and what it makes idle; `at` is the tier's place.
pub(super) fn check(tier: &NatsTier, at: &Route, cluster: &Cluster, sink: &mut Sink) {
    if tier.fields.setup_image.is_some() {
        let message = "no Job makes the streams";
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("setupImage"), message)
                .help("remove `setupImage`, or write `streamsBy: job`"),
        );
    }
    if cluster.nack < OLDEST {
        let declared = Route::of(&["cluster", "nack"]);
        let message =
            format!("version {} of NACK is not known to log in as this tier wants it", cluster.nack);
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("streamsBy"), message)
                .also(At::Node(declared, Part::Value), "its version is declared here")
                .help(format!("use NACK {OLDEST} or newer, or `streamsBy: job`")),
        );
    }
}

/// The connection, and what is made by it.
pub(super) fn objects(tier: &NatsTier, cx: &TierContext<'_>) -> Vec<Object> {
    if !tier.by_nack() {
        return Vec::new();
    }
    let mut found: Vec<Object> = vec![account(tier, cx).into()];
    for (name, it) in &tier.fields.streams {
        found.push(self::stream(tier, cx, name, it).into());
        found.extend(it.consumers.iter().map(|(own, it)| consumer(cx, name, own, it).into()));
    }
    found
}

fn named(name: String) -> ObjectMeta {
    ObjectMeta { name: Some(name), ..ObjectMeta::default() }
}

fn account(tier: &NatsTier, cx: &TierContext<'_>) -> Account {
    // The controller is in a namespace of its own.
    let host = cx.service_host();
    Account {
        metadata: named(cx.name.to_owned()),
        spec: AccountSpec {
            servers: vec![format!("nats://{host}:{CLIENT_PORT}")],
            user: tier.fields.password.as_ref().map(|it| AccountUser {
                password: it.key.to_string(),
                secret: SecretName { name: it.secret.to_string() },
                user: USER_KEY.to_owned(),
            }),
        },
    }
}

fn stream(tier: &NatsTier, cx: &TierContext<'_>, name: &StreamName, it: &Stream) -> stream::Stream {
    let bytes = |it: &Option<Quantity>| it.as_ref().map(|it| i64::try_from(it.whole()).unwrap_or(i64::MAX));
    stream::Stream {
        metadata: named(object_name(cx, &[name])),
        spec: stream::StreamSpec {
            account: cx.name.to_owned(),
            discard: it.discard.as_str().to_owned(),
            duplicate_window: it.duplicate_window.in_one_unit(),
            max_age: it.max_age.as_ref().map(Duration::in_one_unit),
            max_bytes: bytes(&it.max_bytes),
            max_msg_size: bytes(&it.max_message_size),
            max_msgs: it.max_messages,
            max_msgs_per_subject: it.max_messages_per_subject,
            name: name.to_string(),
            // As the Job: what the stack no longer names stays.
            prevent_delete: true,
            replicas: tier.copies(it),
            retention: it.retention.as_str().to_owned(),
            storage: it.storage.as_str().to_owned(),
            subjects: it.subjects.clone(),
        },
    }
}

fn consumer(
    cx: &TierContext<'_>,
    stream: &StreamName,
    name: &StreamName,
    it: &Consumer,
) -> consumer::Consumer {
    // Where nothing is acknowledged, nothing waits.
    let waits = it.ack_policy != AckPolicy::None;
    let (one, several) = match it.subjects.as_slice() {
        [one] => (Some(one.clone()), Vec::new()),
        several => (None, several.to_vec()),
    };
    consumer::Consumer {
        metadata: named(object_name(cx, &[stream, name])),
        spec: consumer::ConsumerSpec {
            account: cx.name.to_owned(),
            ack_policy: it.ack_policy.as_str().to_owned(),
            ack_wait: waits.then(|| it.ack_wait.in_one_unit()),
            deliver_policy: "all".to_owned(),
            durable_name: name.to_string(),
            filter_subject: one,
            filter_subjects: several,
            max_ack_pending: waits.then_some(it.max_ack_pending),
            max_deliver: it.max_deliver,
            prevent_delete: true,
            replay_policy: "instant".to_owned(),
            stream_name: stream.to_string(),
        },
    }
}

/// Names of streams may have capitals and `_`, those of objects may not.
fn object_name(cx: &TierContext<'_>, names: &[&StreamName]) -> String {
    let names = names.iter().map(|it| pieces::object_name(it.as_str()));
    std::iter::once(cx.name.to_owned()).chain(names).collect::<Vec<_>>().join("-")
}
