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

choice! {
    /// The mesh that namespaces with `mesh: true` join.
    pub enum Mesh {
        /// Istio.
        "istio" Istio(Istio),
    }
}
