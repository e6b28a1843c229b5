//! cert-manager's kinds (`cert-manager.io/v1`).

pub mod certificate;

const GROUP: &str = "cert-manager.io";
const VERSION: &str = "v1";
