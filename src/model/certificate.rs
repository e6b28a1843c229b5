//! Certificates that cert-manager keeps.

use super::macros::{model, words};
use super::{Duration, Name, Text};

words! {
    /// What kind of issuer signs.
    pub enum IssuerKind {
        /// An issuer of the namespace.
        "Issuer" Issuer,
        /// An issuer of the cluster.
        "ClusterIssuer" ClusterIssuer,
    }
}

model! {
    /// Who signs.
    pub struct Issuer {
        /// The issuer's name in the cluster.
        "name" name: Name,
        /// Its kind.
        "kind" kind: IssuerKind = IssuerKind::ClusterIssuer,
    }

    /// A certificate, kept in a Secret of the same name with the keys `tls.crt`, `tls.key` and `ca.crt`.
    pub struct Certificate {
        /// The namespace, by its name in the stack.
        "namespace" namespace: Option<Name>,
        /// Who signs.
        "issuer" issuer: Issuer,
        /// Host names that the certificate is for.
        "dnsNames" dns_names: Vec<Text>,
        /// Addresses that the certificate is for.
        "ipAddresses" ip_addresses: Vec<String>,
        /// How long it holds.
        "duration" duration: Duration = Duration::parse("2160h").ok()?,
        /// How long before its end it is renewed.
        "renewBefore" renew_before: Duration = Duration::parse("720h").ok()?,
    }
}
