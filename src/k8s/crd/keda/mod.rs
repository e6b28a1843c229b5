//! KEDA's kinds (`keda.sh`). Fields: keda.sh/docs/2.17/reference.

pub mod scaled_object;
pub mod trigger_authentication;

/// The API group.
pub const GROUP: &str = "keda.sh";
const VERSION: &str = "v1alpha1";
