//! What autoscalers say of the number of pods, with the defaults of each.

use serde_json::Value;

/// What an autoscaler scales, and between which numbers of pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaled {
    /// The kind of what it scales.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The fewest pods.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// Whether [`read`] knows a kind.
#[must_use]
pub fn is_autoscaler(kind: &str) -> bool {
    matches!(kind, "HorizontalPodAutoscaler" | "ScaledObject")
}

/// Reads a `HorizontalPodAutoscaler`, or a `ScaledObject` of KEDA; none for other kinds and for what lacks its most.
#[must_use]
pub fn read(kind: &str, value: &Value) -> Option<Scaled> {
    let number = |pointer: &str| value.pointer(pointer).and_then(Value::as_u64);
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).filter(|it| !it.is_empty());
    let (least, most) = match kind {
        "ScaledObject" => {
            (number("/spec/minReplicaCount").unwrap_or(0), number("/spec/maxReplicaCount").unwrap_or(100))
        }
        "HorizontalPodAutoscaler" => (number("/spec/minReplicas").unwrap_or(1), number("/spec/maxReplicas")?),
        _ => return None,
    };
    let kind = text("/spec/scaleTargetRef/kind").unwrap_or("Deployment").to_owned();
    let name = text("/spec/scaleTargetRef/name").unwrap_or_default().to_owned();
    Some(Scaled { kind, name, least, most })
}
