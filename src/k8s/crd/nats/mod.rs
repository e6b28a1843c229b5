//! The kinds of NACK, the controller of `JetStream` (`jetstream.nats.io/v1beta2`). Fields:
//! <https://github.com/nats-io/nack/blob/main/docs/api.md>.

pub mod account;
pub mod consumer;
pub mod stream;

const GROUP: &str = "jetstream.nats.io";
const VERSION: &str = "v1beta2";
