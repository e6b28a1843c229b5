//! The kinds of the External Secrets Operator (`external-secrets.io`). Fields: external-secrets.io/latest/api/spec.

pub mod external_secret;
pub mod secret_store;

/// The API group.
pub const GROUP: &str = "external-secrets.io";

/// The version of the API, which follows the operator's release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiVersion {
    /// Since release 0.16.
    #[default]
    V1,
    /// Before; release 0.17 serves it no more.
    V1Beta1,
}

impl ApiVersion {
    fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1Beta1 => "v1beta1",
        }
    }
}
