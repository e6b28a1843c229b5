//! The service mesh.

use indexmap::IndexMap;

use super::decode::OneOrMany;
use super::macros::{choice, model, words};
use super::{AbsolutePath, Duration, EnvName, Issuer, Name};

words! {
    /// How Istio joins pods.
    pub enum IstioMode {
        /// A proxy beside each pod.
        "sidecar" Sidecar,
        /// A proxy on each node.
        "ambient" Ambient,
    }

    /// Whether callers must use mutual TLS.
    pub enum MutualTls {
        /// They must.
        "STRICT" Strict,
        /// They may.
        "PERMISSIVE" Permissive,
    }

    /// Who may call whom in the mesh.
    pub enum Authorization {
        /// Exactly the declared `uses` edges, by service account.
        "from-uses" FromUses,
        /// Everybody in the mesh.
        "none" None,
    }

    /// A file of a certificate.
    pub enum CertificateFile {
        /// The certificate, with those that it is signed by: `tls.crt`.
        "certificate" Certificate,
        /// Its key: `tls.key`.
        "key" Key,
        /// The authority that others' certificates are checked by: `ca.crt`.
        "ca" Authority,
    }
}

impl CertificateFile {
    /// Its name in the folder.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Certificate => "tls.crt",
            Self::Key => "tls.key",
            Self::Authority => "ca.crt",
        }
    }
}

model! {
    /// Istio.
    pub struct Istio {
        /// How pods join.
        "mode" mode: IstioMode = IstioMode::Sidecar,
        /// Whether callers must use mutual TLS.
        "mtls" mtls: MutualTls = MutualTls::Strict,
        /// Who may call whom.
        "authorization" authorization: Authorization = Authorization::FromUses,
        /// The control plane's revision that namespaces join, instead of its default.
        "revision" revision: Option<String>,
        /// The trust domain of service accounts.
        "trustDomain" trust_domain: String = "cluster.local".to_owned(),
    }
}

model! {
    /// Linkerd.
    pub struct Linkerd {
        /// Whether callers must use mutual TLS.
        "mtls" mtls: MutualTls = MutualTls::Strict,
        /// Who may call whom.
        "authorization" authorization: Authorization = Authorization::FromUses,
    }
}

model! {
    /// A certificate of cert-manager for each component, with which its program serves and calls.
    pub struct MeshCertificates {
        /// Who signs.
        "issuer" issuer: Issuer,
        /// Who gets one: services and tiers of kind `custom`; all of namespaces with `mesh: true` unless given.
        "for" only: OneOrMany<Name>,
        /// The folder with `tls.crt`, `tls.key` and `ca.crt`.
        "path" path: AbsolutePath = AbsolutePath::parse("/run/mesh-tls").ok()?,
        /// Variables with the paths of files: `TLS_CERT_FILE: certificate`.
        "env" env: IndexMap<EnvName, CertificateFile>,
        /// How long a certificate holds.
        "duration" duration: Duration = Duration::parse("2160h").ok()?,
        /// How long before its end it is renewed.
        "renewBefore" renew_before: Duration = Duration::parse("720h").ok()?,
    }
}

choice! {
    /// The mesh that namespaces with `mesh: true` join. An environment without one says `mesh: null`.
    pub enum Mesh {
        /// Istio.
        "istio" Istio(Istio),
        /// Linkerd.
        "linkerd" Linkerd(Linkerd),
        /// No proxies: programs speak TLS themselves.
        "certificates" Certificates(MeshCertificates),
    }
}

impl Mesh {
    /// Whether callers must use mutual TLS, unless their namespace says otherwise; none where no proxy asks.
    #[must_use]
    pub fn mtls(&self) -> Option<MutualTls> {
        match self {
            Self::Istio(it) => Some(it.mtls),
            Self::Linkerd(it) => Some(it.mtls),
            Self::Certificates(_) => None,
        }
    }

    /// Who may call whom.
    #[must_use]
    pub fn authorization(&self) -> Authorization {
        match self {
            Self::Istio(it) => it.authorization,
            Self::Linkerd(it) => it.authorization,
            Self::Certificates(_) => Authorization::None,
        }
    }
}
