//! The kinds of the RabbitMQ Cluster Operator (`rabbitmq.com/v1beta1`, its only version). Fields:
//! <https://github.com/rabbitmq/cluster-operator/blob/main/docs/api/rabbitmq.com.ref.asciidoc>.

pub mod cluster;

/// The API group.
pub const GROUP: &str = "rabbitmq.com";
const VERSION: &str = "v1beta1";
