//! The kinds of the Prometheus Operator (`monitoring.coreos.com/v1`). Fields:
//! <https://prometheus-operator.dev/docs/api-reference/api/>.

pub mod pod_monitor;
pub mod prometheus_rule;

/// The API group.
pub const GROUP: &str = "monitoring.coreos.com";
const VERSION: &str = "v1";
