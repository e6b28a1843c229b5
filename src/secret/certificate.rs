//! cert-manager. Fields: cert-manager.io/docs/reference/api-docs.

use crate::diag::Route;
use crate::k8s::Object;
use crate::k8s::crd::cert_manager::certificate::{
    Certificate, CertificateSpec, Encoding, IssuerRef, PrivateKey, RotationPolicy,
};
use crate::model::Text;
use crate::resolve::{Resolved, metadata};
use crate::stateful::Tier;

/// The stack's certificates.
pub(super) fn objects(resolved: &Resolved, text: &mut dyn FnMut(&Text, &Route) -> String) -> Vec<Object> {
    let mut found = Vec::new();
    for (name, certificate) in &resolved.stack.certificates {
        let at = Route::of(&["certificates", name.as_str(), "dnsNames"]);
        let mut metadata = metadata(resolved, None, name.as_str());
        let namespace = resolved.namespace_or_only(certificate.namespace.as_ref());
        metadata.namespace = Some(resolved.namespace(&namespace).to_owned());
        let pkcs8 = resolved.components.values().any(|it| {
            it.namespace == namespace && resolved.tier(it).and_then(Tier::reads_pkcs8) == Some(name)
        });
        let dns_names =
            certificate.dns_names.iter().enumerate().map(|(index, it)| text(it, &at.index(index)));
        let spec = CertificateSpec {
            dns_names: dns_names.collect(),
            duration: Some(certificate.duration.to_string()),
            ip_addresses: certificate.ip_addresses.clone(),
            issuer_ref: IssuerRef {
                group: Some("cert-manager.io".to_owned()),
                kind: Some(certificate.issuer.kind.as_str().to_owned()),
                name: certificate.issuer.name.to_string(),
            },
            // The default changed between cert-manager 1.17 and 1.18: written, it means the same to both.
            private_key: Some(PrivateKey {
                encoding: pkcs8.then_some(Encoding::Pkcs8),
                rotation_policy: Some(RotationPolicy::Always),
                ..Default::default()
            }),
            renew_before: Some(certificate.renew_before.to_string()),
            secret_name: name.to_string(),
            ..Default::default()
        };
        found.push(Certificate { metadata, spec }.into());
    }
    found
}
