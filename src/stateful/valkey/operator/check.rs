//! What the operator cannot run, or would read otherwise.

use super::super::servers::Servers;
use super::{Operator, SENTINEL_IMAGE, VERSION};
use crate::diag::{At, Diagnostic, Part, Route, Sink, and_list};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::model::{Cluster, Version};
use crate::stateful::codes::IMPOSSIBLE_TOPOLOGY;

/// The oldest operator whose StatefulSets bear other labels on a resource than at its creation
/// (<https://github.com/OT-CONTAINER-KIT/redis-operator/pull/1382>).
const OLDEST: Version = Version::new(0, 22);
/// What a tier's name may have at most: the operator makes the Service `NAME-sentinel-additional`, and pods `NAME-sentinel`
/// bear that and a hash of eleven characters in a label; both have 63.
const LONGEST_NAME: usize = 63 - "-sentinel-additional".len();
/// Labels by which the operator finds its own pods: those of a resource would win over them.
const LABELS: [&str; 4] = ["app", "redis-role", "redis_setup_type", "role"];

/// Reports everything; `at` is the tier's place.
pub(in super::super) fn check(
    servers: &Servers<'_>,
    operator: &Operator<'_>,
    at: &Route,
    cluster: &Cluster,
    sink: &mut Sink,
) {
    release(cluster, at, sink);
    images(servers, operator, at, sink);
    let name = at.steps().last().unwrap_or_default();
    if name.len() > LONGEST_NAME {
        let message = format!("the operator takes names of {LONGEST_NAME} characters at most");
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, at, message)
                .note("it makes the Service `NAME-sentinel-additional`, and a Service has 63")
                .help("rename the tier"),
        );
    }
    for label in LABELS.iter().filter(|it| servers.common.labels.keys().any(|own| own.as_str() == **it)) {
        let message = format!("the operator finds its pods by the label `{label}`");
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("labels").join(label), message)
                .note("it would put this one in the place of its own")
                .help(format!("use another label than {}", and_list(LABELS))),
        );
    }
    if servers.fields.volume.is_some() {
        sink.push(
            Diagnostic::at_key(&BAD_VALUE, &at.join("volume"), "the operator makes the claims itself")
                .note("volumes are kept for claims of the plain backend's names")
                .help("remove `volume`, or use `backend: plain`"),
        );
    }
}

fn release(cluster: &Cluster, at: &Route, sink: &mut Sink) {
    let version = cluster.redis_operator;
    if version < OLDEST {
        let declared = Route::of(&["cluster", "redis-operator"]);
        let message = format!("version {version} of the operator cannot change labels of its pods");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("backend"), message)
                .also(At::Node(declared, Part::Value), "its version is declared here")
                .help(format!("use the operator's version {OLDEST} or newer, or `backend: plain`")),
        );
    }
}

fn images(servers: &Servers<'_>, operator: &Operator<'_>, at: &Route, sink: &mut Sink) {
    let release =
        |it: &str| it.split('.').count() == 3 && it.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    if let Some(version) = operator.version.filter(|it| servers.fields.image.is_none() && !release(it)) {
        let message = format!("`{version}` is no release of the operator's images");
        sink.push(
            Diagnostic::at_value(&BAD_VALUE, &at.join("version"), message)
                .note("their tags are whole releases; those of Redis' makers do not start with the operator")
                .help(format!(
                    "write a release such as `{VERSION}`, or name an `image` built on the operator's"
                )),
        );
    }
    if servers.replicated() && servers.fields.image.is_some() && operator.sentinel_image.is_none() {
        sink.push(
            Diagnostic::at_value(&MISSING_FIELD, &at.join("image"), "`image` without `sentinelImage`")
                .note("with the operator, Sentinels have an image of their own")
                .help(format!("add `sentinelImage`: `{SENTINEL_IMAGE}` of the same release, or its mirror")),
        );
    }
}
