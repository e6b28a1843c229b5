//! cert-manager's kinds (`cert-manager.io/v1`).

pub mod certificate;
pub mod issuer;

const GROUP: &str = "cert-manager.io";
const VERSION: &str = "v1";
