//! The credentials with which others ask for a component, or ask its pods: KEDA, and the collector of metrics.

use super::Binder;
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::{Scale, SecretKey, Store};
use crate::resolve::{Component, codes};

impl Binder<'_> {
    /// Notes the keys of secrets that KEDA takes for a component; reports those that are not there.
    pub fn scaler(&mut self, component: &Component, sink: &mut Sink) {
        let Some(service) = self.resolved.service(component) else { return };
        let Scale::Keda(keda) = &service.fields.scale else { return };
        let all = component.route().join("scale").join("keda").join("triggers");
        for (name, trigger) in &keda.triggers {
            for (parameter, login) in trigger.logins() {
                let at = all.join(name.as_str()).join(trigger.word()).join("authentication").join(parameter);
                self.taken_as_secret(component, login, &at, sink);
            }
        }
    }

    /// Notes the key of a secret that the collector of metrics shows a component's pods; reports one that is not there.
    pub(super) fn collector(&mut self, component: &Component, sink: &mut Sink) {
        let resolved = self.resolved;
        let metrics = resolved.pod(component).and_then(|(_, pod)| pod.metrics.as_ref());
        if let Some(bearer) = metrics.and_then(|it| it.bearer.as_ref()) {
            let at = component.route().join("metrics").join("bearer");
            self.taken_as_secret(component, bearer, &at, sink);
        }
    }

    /// Notes a key that is read from its Secret; reports one that is not there, and a store that makes no Secret.
    fn taken_as_secret(&mut self, component: &Component, key: &SecretKey, at: &Route, sink: &mut Sink) {
        self.secret_key(component, &key.secret, Some(&key.key), at, sink);
        if let Some((_, _, Some(Store::VaultAgent(_)))) = self.resolved.secret(&key.secret) {
            let message = format!("there is no Secret `{}`: the agent writes files", key.secret);
            sink.push(
                Diagnostic::at_value(&codes::WRONG_DELIVERY, at, message)
                    .help("take the secret from a store that makes Secrets"),
            );
        }
    }
}
