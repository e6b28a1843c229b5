//! `Issuer` and `ClusterIssuer`: who signs certificates. The two differ in their reach only.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// Who signs certificates of one namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Issuer {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// How.
    pub spec: IssuerSpec,
}

resource!(Issuer, GROUP, |_| VERSION);

/// Who signs certificates of every namespace. Its Secrets are in cert-manager's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterIssuer {
    /// Name, labels and annotations.
    pub metadata: ObjectMeta,
    /// How.
    pub spec: IssuerSpec,
}

resource!(ClusterIssuer, GROUP, |_| VERSION);

/// How certificates are signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum IssuerSpec {
    /// By a public authority that checks who owns the name (Let's Encrypt).
    Acme(Acme),
    /// By an authority whose key is in a Secret.
    Ca(Ca),
    /// By their own key.
    SelfSigned(SelfSigned),
}

impl Default for IssuerSpec {
    fn default() -> Self {
        Self::SelfSigned(SelfSigned {})
    }
}

/// Nothing to set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SelfSigned {}

/// An authority of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ca {
    /// The Secret with its key and certificate.
    pub secret_name: String,
}

/// A public authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Acme {
    /// For warnings about the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The Secret that keeps the account's key.
    pub private_key_secret_ref: SecretKeyRef,
    /// URL of the directory.
    pub server: String,
    /// How to prove who owns a name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub solvers: Vec<Solver>,
}

/// A Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretKeyRef {
    /// Key in it, where it is not the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its name.
    pub name: String,
}

/// How to prove who owns a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Solver {
    /// By answering a request for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http01: Option<Http01>,
    /// The names that it is for; none is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<SolverSelector>,
}

/// By answering a request for a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Http01 {
    /// Through an Ingress.
    pub ingress: Http01Ingress,
}

/// Through an Ingress made for the purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Http01Ingress {
    /// Its class; none is the cluster's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_class_name: Option<String>,
}

/// The names that a solver is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SolverSelector {
    /// Exactly these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// All below these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_zones: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints_issuers() {
        let head = |spec| {
            json!({
                "apiVersion": "cert-manager.io/v1",
                "kind": "Issuer",
                "metadata": {"name": "internal", "namespace": "apps"},
                "spec": spec,
            })
        };
        let issuer = |spec| Issuer { metadata: named("internal"), spec };
        assert_prints(&issuer(IssuerSpec::default()), &head(json!({"selfSigned": {}})));
        let ca = IssuerSpec::Ca(Ca { secret_name: "root".into() });
        assert_prints(&issuer(ca), &head(json!({"ca": {"secretName": "root"}})));
    }

    #[test]
    fn prints_acme() {
        let solver = Solver {
            http01: Some(Http01 { ingress: Http01Ingress { ingress_class_name: Some("nginx".into()) } }),
            selector: Some(SolverSelector {
                dns_names: vec!["example.com".into()],
                dns_zones: vec!["example.org".into()],
            }),
        };
        let acme = Acme {
            email: Some("ops@example.com".into()),
            private_key_secret_ref: SecretKeyRef { key: Some("key".into()), name: "account".into() },
            server: "https://acme-v02.api.letsencrypt.org/directory".into(),
            solvers: vec![solver],
        };
        let metadata = ObjectMeta { name: Some("public".into()), ..ObjectMeta::default() };
        let expected = json!({
            "apiVersion": "cert-manager.io/v1",
            "kind": "ClusterIssuer",
            "metadata": {"name": "public"},
            "spec": {"acme": {
                "email": "ops@example.com",
                "privateKeySecretRef": {"key": "key", "name": "account"},
                "server": "https://acme-v02.api.letsencrypt.org/directory",
                "solvers": [{
                    "http01": {"ingress": {"ingressClassName": "nginx"}},
                    "selector": {"dnsNames": ["example.com"], "dnsZones": ["example.org"]},
                }],
            }},
        });
        assert_prints(&ClusterIssuer { metadata, spec: IssuerSpec::Acme(acme) }, &expected);
    }
}
