//! No proxies: a certificate of cert-manager for each component. Fields: cert-manager.io/docs/reference/api-docs.

use k8s_openapi::api::core::v1 as core;

use crate::k8s::Object;
use crate::k8s::crd::cert_manager::certificate::{
    Certificate, CertificateSpec, IssuerRef, PrivateKey, RotationPolicy, Usage,
};
use crate::model::MeshCertificates;
use crate::resolve::{Component, Resolved, Section, metadata};
use crate::stateful::pieces;

/// The volume with the certificate.
const VOLUME: &str = "mesh-tls";

/// The Secret with the certificate, and the object that keeps it.
fn name(component: &Component) -> String {
    format!("{}-{VOLUME}", component.name)
}

/// The certificate of a component that gets one.
pub(super) fn component(resolved: &Resolved, component: &Component) -> Option<Object> {
    let mesh = resolved.certified(component)?;
    let name = name(component);
    let spec = CertificateSpec {
        dns_names: names(resolved, component),
        duration: Some(mesh.duration.to_string()),
        issuer_ref: IssuerRef {
            group: Some("cert-manager.io".to_owned()),
            kind: Some(mesh.issuer.kind.as_str().to_owned()),
            name: mesh.issuer.name.to_string(),
        },
        private_key: Some(PrivateKey {
            rotation_policy: Some(RotationPolicy::Always),
            ..PrivateKey::default()
        }),
        renew_before: Some(mesh.renew_before.to_string()),
        secret_name: name.clone(),
        usages: vec![Usage::DigitalSignature, Usage::KeyEncipherment, Usage::ServerAuth, Usage::ClientAuth],
        ..CertificateSpec::default()
    };
    Some(Certificate { metadata: metadata(resolved, Some(component), &name), spec }.into())
}

/// What others call it, the full name first: who calls shows the same names, whether it serves or not.
fn names(resolved: &Resolved, component: &Component) -> Vec<String> {
    let (namespace, domain) = (resolved.namespace(&component.namespace), &resolved.stack.cluster.domain);
    let full = |service: &str| format!("{service}.{namespace}.svc.{domain}");
    let own = component.service.as_str();
    // The second version of a service answers under the service's name, and calls as it does.
    let base = resolved.base(component).map(|it| it.service.as_str());
    let mut found = Vec::new();
    for service in std::iter::once(own).chain(base) {
        found.push(full(service));
        if !component.endpoints.ports.is_empty() {
            found.extend([
                service.to_owned(),
                format!("{service}.{namespace}"),
                format!("{service}.{namespace}.svc"),
            ]);
        }
    }
    if component.section == Section::Stateful {
        found.push(format!("*.{}", full(&resolved.headless(component))));
    }
    found
}

/// Mounts the certificate into the main container, and says where it is. What the stack itself says of a variable stands.
pub(super) fn bind(
    mesh: &MeshCertificates,
    component: &Component,
    mut bound: crate::stateful::Bound,
) -> crate::stateful::Bound {
    let secret = core::SecretVolumeSource { secret_name: Some(name(component)), ..Default::default() };
    bound.volumes.push(core::Volume { name: VOLUME.to_owned(), secret: Some(secret), ..Default::default() });
    bound.container.volume_mounts.get_or_insert_default().push(core::VolumeMount {
        name: VOLUME.to_owned(),
        mount_path: mesh.path.to_string(),
        read_only: Some(true),
        ..Default::default()
    });
    let folder = mesh.path.as_str().trim_end_matches('/');
    let env = bound.container.env.get_or_insert_default();
    for (variable, file) in &mesh.env {
        if env.iter().all(|it| it.name != variable.as_str()) {
            env.push(pieces::env(variable.as_str(), format!("{folder}/{}", file.file())));
        }
    }
    if env.is_empty() {
        bound.container.env = None;
    }
    bound
}
