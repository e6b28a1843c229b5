//! The service mesh.

use super::macros::{choice, model, words};

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

choice! {
    /// The mesh that namespaces with `mesh: true` join. An environment without one says `mesh: null`.
    pub enum Mesh {
        /// Istio.
        "istio" Istio(Istio),
        /// Linkerd.
        "linkerd" Linkerd(Linkerd),
    }
}

impl Mesh {
    /// Whether callers must use mutual TLS, unless their namespace says otherwise.
    #[must_use]
    pub fn mtls(&self) -> MutualTls {
        match self {
            Self::Istio(it) => it.mtls,
            Self::Linkerd(it) => it.mtls,
        }
    }

    /// Who may call whom.
    #[must_use]
    pub fn authorization(&self) -> Authorization {
        match self {
            Self::Istio(it) => it.authorization,
            Self::Linkerd(it) => it.authorization,
        }
    }
}
