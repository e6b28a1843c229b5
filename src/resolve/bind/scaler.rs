//! The credentials with which KEDA asks for a service.

use super::Binder;
use crate::diag::{Diagnostic, Sink};
use crate::model::{Scale, Store};
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
                self.secret_key(component, &login.secret, Some(&login.key), &at, sink);
                if let Some((_, _, Some(Store::VaultAgent(_)))) = self.resolved.secret(&login.secret) {
                    let message = format!("there is no Secret `{}`: the agent writes files", login.secret);
                    sink.push(
                        Diagnostic::at_value(&codes::WRONG_DELIVERY, &at, message)
                            .help("take the secret from a store that makes Secrets"),
                    );
                }
            }
        }
    }
}
