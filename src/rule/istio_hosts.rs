//! Hosts of Istio's objects, and who is in its mesh.

use super::objects::{DEFAULT, Objects, Pods, Spot, Written};

/// The group of its routes, gateways and hosts.
pub(super) const ISTIO: &str = "networking.istio.io";
/// What Kubernetes puts behind the names of Services.
const SUFFIX: &str = ".svc.cluster.local";

/// A host in full: a plain name is a Service of the object's namespace.
pub(super) fn full(host: &str, namespace: &str) -> String {
    if host.contains(['.', '*']) { host.to_owned() } else { format!("{host}.{namespace}{SUFFIX}") }
}

/// Whether a host, which may begin with `*`, is for another one.
pub(super) fn covers(name: &str, host: &str) -> bool {
    let rest = name.strip_prefix('*');
    name == host || rest.is_some_and(|rest| host.trim_start_matches('*').ends_with(rest))
}

/// Whether a namespace sees an object, as its `exportTo` says.
pub(super) fn exported(object: &Written<'_>, to: &str) -> bool {
    let list = object.root.below("spec.exportTo");
    !list.is_written() || list.texts().any(|it| is_to(it, to, object.namespace))
}

fn is_to(word: &str, namespace: &str, own: &str) -> bool {
    word == "*" || word == namespace || (word == "." && namespace == own)
}

/// The destinations and mirrors of a `VirtualService`.
pub(super) fn destinations<'a>(object: &Written<'a>) -> Vec<Spot<'a>> {
    let mut found = Vec::new();
    for kind in ["http", "tcp", "tls"] {
        for rule in object.root.below("spec").below(kind).items() {
            found.extend(rule.below("route").items().iter().map(|it| it.below("destination")));
            found.push(rule.below("mirror"));
            found.extend(rule.below("mirrors").items().iter().map(|it| it.below("destination")));
        }
    }
    found.retain(Spot::is_written);
    found
}

impl<'a> Objects<'a> {
    /// The Service of a host in full.
    pub(super) fn service_of(&self, host: &str) -> Option<&Written<'a>> {
        let (name, namespace) = host.strip_suffix(SUFFIX)?.split_once('.')?;
        self.find("", "Service", namespace, name)
    }

    /// Whether callers in a namespace know a host in full.
    pub(super) fn is_host(&self, namespace: &str, host: &str) -> bool {
        let seen = |it: &Written<'_>| {
            let annotation = it.root.below("metadata.annotations").key("networking.istio.io/exportTo").text();
            annotation.is_empty() || annotation.split(',').any(|to| is_to(to, namespace, it.namespace))
        };
        let named = |it: &Written<'_>| {
            let mut hosts = it.root.below("spec.hosts").texts().map(|name| full(name, it.namespace));
            exported(it, namespace) && hosts.any(|name| covers(&name, host))
        };
        // A pattern is for whatever there is of it.
        let matching = |it: &Written<'_>| covers(host, &full(it.name, it.namespace));
        self.service_of(host).is_some_and(seen)
            || self.all_of(ISTIO, "ServiceEntry").any(named)
            || (host.starts_with('*') && self.all_of("", "Service").any(matching))
    }

    /// Whether Istio puts a sidecar into the pods of an object; none where only its Namespace could say, which is not among these.
    /// <https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/>,
    /// <https://istio.io/latest/docs/ops/common-problems/injection/>
    pub(super) fn has_sidecar(&self, object: &Written<'_>, pods: &Pods<'_>) -> Option<bool> {
        const INJECT: &str = "sidecar.istio.io/inject";
        let label = pods.labels.get(INJECT).map(String::as_str);
        // The annotation is the old form: it refuses, and does not ask for one alone.
        let own = label.unwrap_or(pods.template.below("metadata.annotations").key(INJECT).text());
        if own == "false" || pods.spec.below("hostNetwork").is_true() {
            return Some(false);
        }
        let asked = label == Some("true") || pods.labels.contains_key("istio.io/rev");
        let Some(namespace) = self.find("", "Namespace", DEFAULT, object.namespace) else {
            return asked.then_some(true);
        };
        let labels = namespace.root.below("metadata.labels");
        Some(match labels.key("istio-injection").text() {
            "disabled" => false,
            "enabled" => true,
            _ => asked || labels.key("istio.io/rev").is_written(),
        })
    }

    /// Whether an object is Istio's, or a namespace asks for its proxies.
    pub(super) fn has_mesh(&self) -> bool {
        self.groups().any(|it| it.ends_with(".istio.io"))
            || self.all_of("", "Namespace").any(|it| {
                let label = |key: &str| it.root.below("metadata.labels").key(key).is_written();
                ["istio-injection", "istio.io/rev", "istio.io/dataplane-mode"].into_iter().any(label)
            })
    }
}
