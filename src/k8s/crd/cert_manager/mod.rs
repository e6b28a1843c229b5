//! cert-manager's kinds (`cert-manager.io/v1`).

pub mod certificate;

/// The API group.
pub const GROUP: &str = "cert-manager.io";
const VERSION: &str = "v1";
