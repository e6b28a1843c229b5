//! Containers as the stack describes them: the main one of a pod, and those beside it.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{
    AbsolutePath, Duration, EnvFrom, EnvName, FileSource, Image, KeySource, MetricsPort, Name, Named,
    OwnSecurity, Permission, Port, Probes, Resources, SecurityContext, SideVolume, Stop, Text, Value, Volume,
    schema,
};

model! {
    /// What runs in a pod.
    pub struct Container {
        /// The container image.
        "image" image: Image,
        /// The program, instead of the image's.
        "command" command: Vec<Text>,
        /// Its arguments.
        "args" args: Vec<Text>,
        /// The ports it listens on, by name.
        "ports" ports: Arc<Named<Port>>,
        /// Whether it lives and is ready.
        "probes" probes: Option<Arc<Probes>>,
        /// Environment variables.
        "env" env: IndexMap<EnvName, Value>,
        /// Secrets and configs whose every key becomes an environment variable; a later one wins over an earlier one,
        /// and `env` over all.
        "envFrom" env_from: Vec<EnvFrom>,
        /// Files, by the path at which the container sees them.
        "files" files: IndexMap<AbsolutePath, FileSource>,
        /// What happens before the container is told to stop.
        "preStop" pre_stop: Option<Stop>,
    }

    /// What a pod has beside its main container.
    pub struct PodFields {
        /// Whether the pods get a token for the Kubernetes API; where it has `permissions` unless given.
        "automountServiceAccountToken" automount_token: Option<bool>,
        /// What its ServiceAccount may ask of the Kubernetes API, by a name for each.
        "permissions" permissions: Named<Permission>,
        /// What the container may do.
        "securityContext" security: Arc<SecurityContext> = Arc::default(),
        /// Writable places, by path.
        "volumes" volumes: IndexMap<AbsolutePath, Volume>,
        /// Seconds from the request to stop until the kill.
        "terminationGracePeriodSeconds" grace: u32 = 30,
        /// How long the program takes to finish what it has begun once it is told to stop: its own setting, which nothing
        /// in the output says. With `preStop` before it, it must end before the kill.
        "drain" drain: Option<Duration>,
        /// Where a container shows metrics: whoever `observability` says collects them there.
        "metrics" metrics: Option<MetricsPort>,
        /// Whether it sends telemetry to the collector of `observability`; unless given, services do and tiers do not.
        "otlp" otlp: Option<bool>,
        /// Containers that run to their end, one after the other in the order written, before the others start.
        "initContainers" init_containers: Named<InitContainer>,
        /// Containers that run beside the main one, and start before it where the cluster can. Their ports are ports of
        /// the component, and names of ports are unique in it.
        "sidecars" sidecars: Named<Sidecar>,
    }

    /// What only a container beside the main one has.
    pub struct SideFields {
        /// What the container asks for and may use.
        "resources" resources: Option<Arc<Resources>>,
        /// What the container may do.
        "securityContext" security: OwnSecurity = OwnSecurity(SecurityContext::default()),
        /// Writable places, by path: its own, and those of the main container.
        "volumes" volumes: IndexMap<AbsolutePath, SideVolume>,
    }
}

impl Container {
    /// The secrets that it takes as environment, by their names in the stack.
    pub fn secrets(&self) -> impl Iterator<Item = &Name> {
        let single = self.env.values().filter_map(|it| match it {
            Value::Secret(secret, _) => Some(secret),
            _ => None,
        });
        let whole = self.env_from.iter().filter_map(|it| match &it.source {
            KeySource::Secret(secret) => Some(secret),
            KeySource::Config(_) => None,
        });
        single.chain(whole)
    }
}

impl PodFields {
    /// Whether the pods get a token for the Kubernetes API.
    #[must_use]
    pub fn token(&self) -> bool {
        self.automount_token.unwrap_or(!self.permissions.is_empty())
    }

    /// The containers beside the main one with their names: those that end, then those that stay.
    pub fn sides(&self) -> impl Iterator<Item = (&Name, &Side, Role)> + Clone {
        let init = self.init_containers.iter().map(|(name, it)| (name, &it.0, Role::Init));
        init.chain(self.sidecars.iter().map(|(name, it)| (name, &it.0, Role::Sidecar)))
    }

    /// The ports of all containers, which share one network: first those of the main one, which is given.
    pub fn ports<'a>(&'a self, main: &'a Container) -> impl Iterator<Item = (&'a Name, &'a Port)> {
        main.ports.iter().chain(self.sides().flat_map(|(_, side, _)| side.container.ports.iter()))
    }
}

/// What a container is to its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The component itself.
    Main,
    /// Ends before the others start.
    Init,
    /// Runs beside the main container.
    Sidecar,
}

impl Role {
    /// The key of the component under which such containers stand; none for the main one, which the component is.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Main => None,
            Self::Init => Some("initContainers"),
            Self::Sidecar => Some("sidecars"),
        }
    }
}

/// A container beside the main one.
#[derive(Clone, Debug)]
pub struct Side {
    /// The container.
    pub container: Container,
    /// What only such a container has.
    pub fields: SideFields,
}

/// Declares a kind of [`Side`], with the fields of a container that have no meaning for it.
macro_rules! side {
    ($(#[doc = $doc:literal])* $name:ident, $without:expr) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Side);

        impl $name {
            fn has(key: &str) -> bool {
                let without: &[&str] = &$without;
                !without.contains(&key)
            }
        }

        impl Decode for $name {
            fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
                static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
                    let all = Container::KEYS.iter().chain(SideFields::KEYS).copied();
                    all.filter(|it| $name::has(it)).collect()
                });
                let open = Fields::open(at, &KEYS, cx)?;
                let (container, fields) = (Container::decode_fields(&open, cx), SideFields::decode_fields(&open, cx));
                Some(Self(Side { container: container?, fields: fields? }))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut fields = Container::field_schemas(generator);
                fields.extend(SideFields::field_schemas(generator));
                fields.retain(|(key, ..)| $name::has(key));
                schema::object(concat!($($doc),*), fields)
            }
        }
    };
}

side!(
    /// A container that runs to its end before the others start: nobody calls it, and nobody waits for it to be ready.
    InitContainer, ["ports", "probes", "preStop"]
);
side!(
    /// A container that runs beside the main one.
    Sidecar, []
);
