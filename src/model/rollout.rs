//! How a new version of a service takes the place of the old one.
//!
//! What a version says otherwise than its service is merged over the service (`document/variant.rs`), and is read there once
//! more, with the rest: here it only has its type.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, OneOrMany, Place};
use super::macros::{choice, model, words};
use super::{CountOrPercent, Duration, EnvName, Image, Name, Scale, Text, Value};

model! {
    /// How the pods of a service are replaced a few at a time; with `canary` or `blue-green`, those of each version.
    pub struct RollingUpdate {
        /// Pods above the wanted number during a rollout: 1 unless given. One pod a node has none, unless
        /// `maxUnavailable` is 0.
        "maxSurge" max_surge: Option<CountOrPercent>,
        /// Pods below the wanted number during a rollout: 0 unless given. Of one pod a node, 1 unless `maxSurge` is given.
        "maxUnavailable" max_unavailable: Option<CountOrPercent>,
        /// A share of the requests goes to the new version first.
        "canary" canary: Option<Canary>,
        /// Both versions run, and one of them gets all requests.
        "blue-green" blue_green: Option<BlueGreen>,
    }

    /// The new version beside the old one, as a service `NAME-canary`; the repository says each step.
    pub struct Weighted {
        /// Who gets how much of the requests.
        "weights" weights: Weights,
        /// The image of the new version; that of the service unless given.
        "image" image: Option<Image>,
        /// Its arguments, instead of the service's.
        "args" args: Vec<Text>,
        /// Environment variables over those of the service.
        "env" env: IndexMap<EnvName, Value>,
        /// How many pods it has: 1 unless given. The service's own autoscaler looks at the old version alone.
        "scale" scale: Option<Scale>,
    }

    /// Shares of the requests in percent, 100 together.
    pub struct Weights {
        /// What the old version gets.
        "stable" stable: u32,
        /// What the new version gets.
        "canary" canary: u32,
    }

    /// Argo Rollouts brings each new version step by step; needs `cluster: { argo-rollouts: … }`.
    pub struct Stepped {
        /// What happens, one after the other.
        "steps" steps: Vec<CanaryStep>,
        /// `AnalysisTemplate`s of the service's namespace that run all the while; where one fails, the old version gets
        /// everything again.
        "analysis" analysis: OneOrMany<Name>,
    }

    /// Two versions that both run: `blue` is the service's own controller, `green` a service `NAME-green`. The repository says
    /// which of them is asked.
    pub struct Coloured {
        /// Which colour the service's own Service leads to.
        "active" active: Colour,
        /// The one version.
        "blue" blue: ColourFields,
        /// The other one.
        "green" green: ColourFields,
    }

    /// What a colour has of its own.
    pub struct ColourFields {
        /// The image.
        "image" image: Image,
        /// Its arguments, instead of the service's.
        "args" args: Vec<Text>,
        /// Environment variables over those of the service.
        "env" env: IndexMap<EnvName, Value>,
    }

    /// Argo Rollouts makes the second version; needs `cluster: { argo-rollouts: … }`.
    pub struct Promoted {
        /// Who lets the new version have the requests.
        "promotion" promotion: Promotion,
        /// With `promotion: automatic`, how long it is ready before it gets them; a person may let it earlier.
        "after" after: Option<Duration>,
        /// How many pods the new version has before that; as many as the old one unless given.
        "previewReplicas" preview_replicas: Option<u32>,
        /// How long the old version stays, for a way back.
        "scaleDownDelay" scale_down_delay: Duration = Duration::parse("30s").expect("a literal time span"),
        /// `AnalysisTemplate`s of the service's namespace that must hold before.
        "analysis" analysis: OneOrMany<Name>,
    }
}

words! {
    /// How the pods of a service are replaced, in a word.
    pub enum RolloutWord {
        /// A few at a time, none gone before a new one is ready.
        "rolling" Rolling,
        /// All pods go before the first new one comes: for what only one pod at a time may have.
        "recreate" Recreate,
    }

    /// One of two versions.
    pub enum Colour {
        /// The service's own controller.
        "blue" Blue,
        /// The one beside it.
        "green" Green,
    }

    /// Who lets a new version have the requests.
    pub enum Promotion {
        /// A person: `kubectl argo rollouts promote NAME`.
        "manual" Manual,
        /// Nobody: it gets them when it is ready.
        "automatic" Automatic,
    }

    /// Waiting without an end.
    pub enum PauseWord {
        /// Until a person goes on: `kubectl argo rollouts promote NAME`.
        "manual" Manual,
    }
}

choice! {
    /// A step of a canary that Argo Rollouts runs.
    pub enum CanaryStep {
        /// The share of the requests that the new version gets, in percent.
        "weight" Weight(u32),
        /// How long nothing happens, or `manual`.
        "pause" Pause(Pause),
        /// An `AnalysisTemplate` of the service's namespace that must hold before the next step.
        "analysis" Analysis(Name),
    }
}

/// How long a step waits.
#[derive(Clone, Debug)]
pub enum Pause {
    /// Until a person goes on.
    Manual,
    /// So long.
    For(Duration),
}

impl Decode for Pause {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        match at.node.as_scalar() {
            Some(it) if PauseWord::WORDS.contains(&&*it.text) => Some(Self::Manual),
            _ => Duration::decode(at, cx).map(Self::For),
        }
    }
}

impl JsonSchema for Pause {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pause".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (word, time) = (generator.subschema_for::<PauseWord>(), generator.subschema_for::<Duration>());
        schemars::json_schema!({ "anyOf": [word, time] })
    }
}

/// How a new version takes the place of the old one.
#[derive(Clone, Debug)]
pub enum Rollout {
    /// All pods go before the first new one comes.
    Recreate,
    /// A few at a time.
    Rolling(Box<RollingUpdate>),
}

/// A new version that gets a share of the requests first.
#[derive(Clone, Debug)]
pub enum Canary {
    /// The repository says each step.
    Weighted(Box<Weighted>),
    /// Argo Rollouts goes through the steps.
    Stepped(Stepped),
}

/// Two versions of which one gets all requests.
#[derive(Clone, Debug)]
pub enum BlueGreen {
    /// The repository says which.
    Coloured(Box<Coloured>),
    /// Argo Rollouts changes over.
    Promoted(Promoted),
}

impl RollingUpdate {
    /// What nothing is said of.
    const STANDARD: Self = Self { max_surge: None, max_unavailable: None, canary: None, blue_green: None };
}

impl Rollout {
    /// How many pods may be away and how many further ones there may be.
    #[must_use]
    pub fn rolling(&self) -> Option<&RollingUpdate> {
        match self {
            Self::Recreate => None,
            Self::Rolling(it) => Some(it),
        }
    }

    /// Whether a new pod may start while an old one still runs. A service that says nothing of it lets it.
    #[must_use]
    pub fn overlaps(&self) -> bool {
        self.rolling().is_some_and(|it| !it.max_surge.is_some_and(CountOrPercent::is_zero))
    }

    /// The shares of a canary that the repository steps through.
    #[must_use]
    pub fn weighted(&self) -> Option<&Weighted> {
        match &self.rolling()?.canary {
            Some(Canary::Weighted(it)) => Some(it),
            _ => None,
        }
    }

    /// The steps of a canary that Argo Rollouts goes through.
    #[must_use]
    pub fn stepped(&self) -> Option<&Stepped> {
        match &self.rolling()?.canary {
            Some(Canary::Stepped(it)) => Some(it),
            _ => None,
        }
    }

    /// The colours that the repository chooses from.
    #[must_use]
    pub fn coloured(&self) -> Option<&Coloured> {
        match &self.rolling()?.blue_green {
            Some(BlueGreen::Coloured(it)) => Some(it),
            _ => None,
        }
    }

    /// The change of colours that Argo Rollouts makes.
    #[must_use]
    pub fn promoted(&self) -> Option<&Promoted> {
        match &self.rolling()?.blue_green {
            Some(BlueGreen::Promoted(it)) => Some(it),
            _ => None,
        }
    }
}

impl Decode for Rollout {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let Some(map) = at.node.as_map() else {
            return RolloutWord::decode(at, cx).map(|it| match it {
                RolloutWord::Rolling => Self::Rolling(Box::new(RollingUpdate::STANDARD)),
                RolloutWord::Recreate => Self::Recreate,
            });
        };
        if PROGRESS.iter().all(|it| map.contains_key(*it)) {
            // Says that the two exclude each other.
            Fields::open_choice(at, RollingUpdate::KEYS, PROGRESS, cx)?;
            return None;
        }
        RollingUpdate::decode(at, cx).map(|it| Self::Rolling(Box::new(it)))
    }
}

/// The keys that say how requests move from one version to the other.
const PROGRESS: &[&str] = &["canary", "blue-green"];

impl JsonSchema for Rollout {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rollout".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (word, rolling) =
            (generator.subschema_for::<RolloutWord>(), generator.subschema_for::<RollingUpdate>());
        schemars::json_schema!({ "anyOf": [word, rolling] })
    }
}

/// Gives an enum the decoder and the schema of two structs, told apart by a key that only one of them has: where neither is
/// written, the first is meant.
macro_rules! by_key {
    ($type:ident: $first:literal $a:ident $with_a:expr, $second:literal $b:ident $with_b:expr) => {
        impl Decode for $type {
            fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
                let has = |key: &str| at.node.get(key).is_some();
                if has($first) && has($second) {
                    let known = [<$a>::KEYS, <$b>::KEYS].concat();
                    // Says that the two exclude each other.
                    Fields::open_choice(at, &known, &[$first, $second], cx)?;
                    return None;
                }
                if has($second) {
                    return <$b>::decode(at, cx).map($with_b);
                }
                <$a>::decode(at, cx).map($with_a)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let (a, b) = (generator.subschema_for::<$a>(), generator.subschema_for::<$b>());
                schemars::json_schema!({ "anyOf": [a, b] })
            }
        }
    };
}

by_key!(Canary: "weights" Weighted |it| Self::Weighted(Box::new(it)), "steps" Stepped Self::Stepped);
by_key!(BlueGreen: "active" Coloured |it| Self::Coloured(Box::new(it)), "promotion" Promoted Self::Promoted);
