//! Why a value has no YAML text.

use std::error::Error;
use std::fmt;

/// Why a value has no YAML text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmitError {
    /// Raw bytes; whoever builds the value says how they become text (base64 in a `Secret`).
    Bytes,
    /// An infinity or NaN, which Kubernetes' JSON cannot hold.
    NotFinite,
    /// A mapping key that is not a string, number or boolean; what it is instead.
    Key(&'static str),
    /// The value's own `Serialize` failed.
    Value(String),
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes => f.write_str("raw bytes have no YAML text"),
            Self::NotFinite => f.write_str("a number is infinite or NaN"),
            Self::Key(kind) => write!(f, "a mapping key is {kind}, not a scalar"),
            Self::Value(message) => f.write_str(message),
        }
    }
}

impl Error for EmitError {}

impl serde::ser::Error for EmitError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }
}
