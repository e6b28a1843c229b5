//! What KEDA looks at. Names and meanings are KEDA's (keda.sh/docs/2.17/scalers); addresses follow from the stack.

use crate::model::macros::{choice, model, words};
use crate::model::{Name, Quantity, SecretKey};

/// Structs of credentials, each a key of a secret: `"parameter" field,` with KEDA's name for it.
macro_rules! logins {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $name:ident { $( $(#[doc = $field_doc:literal])* $key:literal $field:ident , )* }
    )*) => {
        model! { $(
            $(#[doc = $doc])*
            pub struct $name { $( $(#[doc = $field_doc])* $key $field: Option<SecretKey>, )* }
        )* }

        $(impl $name {
            fn given(&self) -> Vec<(&'static str, &SecretKey)> {
                [$(($key, &self.$field)),*].into_iter().filter_map(|(key, it)| Some((key, it.as_ref()?))).collect()
            }
        })*
    };
}

logins! {
    /// As whom KEDA logs in to Kafka, each from a secret of the service's namespace.
    pub struct KafkaLogin {
        /// The user.
        "username" username,
        /// The password.
        "password" password,
        /// The authority of the brokers' certificate.
        "ca" ca,
        /// The certificate of the client.
        "cert" cert,
        /// Its key.
        "key" key,
    }

    /// As whom KEDA logs in to RabbitMQ, each from a secret of the service's namespace.
    pub struct RabbitMqLogin {
        /// The user.
        "username" username,
        /// The password.
        "password" password,
        /// The authority of the servers' certificate.
        "ca" ca,
    }

    /// As whom KEDA logs in to Redis or Valkey, each from a secret of the service's namespace.
    pub struct RedisLogin {
        /// The user.
        "username" username,
        /// The password.
        "password" password,
        /// The password of the Sentinels.
        "sentinelPassword" sentinel_password,
        /// The authority of the servers' certificate.
        "ca" ca,
    }

    /// As whom KEDA logs in to PostgreSQL, each from a secret of the service's namespace.
    pub struct PostgresLogin {
        /// The user, where a secret has it.
        "userName" user_name,
        /// The password.
        "password" password,
        /// A connection string, instead of everything else.
        "connection" connection,
    }

    /// As whom KEDA asks Prometheus, each from a secret of the service's namespace.
    pub struct PrometheusLogin {
        /// A token.
        "bearerToken" bearer_token,
        /// The user.
        "username" username,
        /// The password.
        "password" password,
        /// The certificate of the client.
        "cert" cert,
        /// Its key.
        "key" key,
        /// The authority of the server's certificate.
        "ca" ca,
    }
}

words! {
    /// Where a consumer group without an offset begins.
    pub enum OffsetReset {
        /// With what is new.
        "latest" Latest,
        /// With the oldest.
        "earliest" Earliest,
    }

    /// How one logs in to Kafka.
    pub enum Sasl {
        /// With a password, sent as it is.
        "plaintext" Plain,
        /// With SCRAM-SHA-256.
        "scram_sha256" Scram256,
        /// With SCRAM-SHA-512.
        "scram_sha512" Scram512,
    }

    /// What of a queue counts.
    pub enum QueueMode {
        /// The messages in it.
        "QueueLength" Length,
        /// The messages that are published to it, a second. Needs the protocol `http`.
        "MessageRate" Rate,
    }

    /// How KEDA asks RabbitMQ.
    pub enum RabbitMqProtocol {
        /// As a client. Messages without acknowledgement do not count.
        "amqp" Amqp,
        /// Through the management API, plugin `rabbitmq_management`. Messages without acknowledgement count, too.
        "http" Http,
    }

    /// How a connection to PostgreSQL is encrypted.
    pub enum SslMode {
        /// Not.
        "disable" Disable,
        /// Where the server can.
        "prefer" Prefer,
        /// In any case.
        "require" Require,
        /// In any case, with a certificate that is signed by a known authority.
        "verify-ca" VerifyCa,
        /// The same, with a certificate that is for the host.
        "verify-full" VerifyFull,
    }
}

model! {
    /// Messages that a consumer of `JetStream` has not acknowledged. KEDA asks the monitoring port.
    pub struct NatsTrigger {
        /// A tier of kind `nats`, or a name under `externals`.
        "from" from: Name,
        /// The stream.
        "stream" stream: String,
        /// The durable consumer.
        "consumer" consumer: String,
        /// Messages for each pod aimed at.
        "lagThreshold" lag: u32,
        /// Messages above which the first pod comes.
        "activationLagThreshold" activation: Option<u32>,
        /// The account of the stream.
        "account" account: String = "$G".to_owned(),
    }

    /// Records that a consumer group has not read.
    pub struct KafkaTrigger {
        /// A tier of kind `kafka` or `redpanda`, or a name under `externals`.
        "from" from: Name,
        /// The topic. KEDA runs no more pods than it has partitions, unless `allowIdleConsumers`.
        "topic" topic: String,
        /// The consumer group.
        "consumerGroup" group: String,
        /// Records for each pod aimed at.
        "lagThreshold" lag: u32,
        /// Records above which the first pod comes.
        "activationLagThreshold" activation: Option<u32>,
        /// Where the group begins that has no offset; `latest` unless given, which keeps a pod until there is one.
        "offsetResetPolicy" reset: Option<OffsetReset>,
        /// Whether there may be more pods than partitions.
        "allowIdleConsumers" allow_idle: Option<bool>,
        /// Whether a partition that stands still does not count.
        "excludePersistentLag" exclude_persistent: Option<bool>,
        /// How one logs in; of a tier it is known.
        "sasl" sasl: Option<Sasl>,
        /// Whether the connection is encrypted; of a tier it is known.
        "tls" tls: Option<bool>,
        /// As whom KEDA logs in.
        "authentication" login: Option<Box<KafkaLogin>>,
    }

    /// Messages of a queue.
    pub struct RabbitMqTrigger {
        /// A tier of kind `rabbitmq`, or a name under `externals`.
        "from" from: Name,
        /// The queue. That there is one is not checked: clients make them.
        "queueName" queue: String,
        /// What of the queue counts.
        "mode" mode: QueueMode = QueueMode::Length,
        /// How much of it for each pod is aimed at.
        "value" value: Quantity,
        /// How much of it makes the first pod come.
        "activationValue" activation: Option<Quantity>,
        /// How KEDA asks; `http` where `mode` is `MessageRate`, else `amqp`.
        "protocol" protocol: Option<RabbitMqProtocol>,
        /// The virtual host; of a tier it is known.
        "vhostName" vhost: Option<String>,
        /// As whom KEDA logs in. Without a password of its own it is that of the tier.
        "authentication" login: Option<Box<RabbitMqLogin>>,
    }

    /// The length of a list.
    pub struct RedisTrigger {
        /// A tier of kind `valkey` or `redis`, or a name under `externals`.
        "from" from: Name,
        /// The list. That there is one is not checked: clients make them.
        "listName" list: String,
        /// Entries for each pod aimed at.
        "listLength" length: u32,
        /// Entries above which the first pod comes.
        "activationListLength" activation: Option<u32>,
        /// The database.
        "databaseIndex" database: Option<u32>,
        /// Whether the connection is encrypted.
        "enableTLS" tls: Option<bool>,
        /// As whom KEDA logs in. Without a password of its own it is that of the tier.
        "authentication" login: Option<Box<RedisLogin>>,
    }

    /// What a query of PostgreSQL gives.
    pub struct PostgresTrigger {
        /// A tier of kind `postgres`, or a name under `externals`.
        "from" from: Name,
        /// The query; it gives one number.
        "query" query: String,
        /// How much of it for each pod is aimed at.
        "targetQueryValue" value: Quantity,
        /// How much of it makes the first pod come.
        "activationTargetQueryValue" activation: Option<Quantity>,
        /// The database; of a tier its first unless given.
        "dbName" database: Option<String>,
        /// The user; of a tier its owner unless given.
        "userName" user: Option<String>,
        /// How the connection is encrypted; of a tier it is known.
        "sslmode" ssl: Option<SslMode>,
        /// As whom KEDA logs in. Without a password of its own it is that of the tier's owner.
        "authentication" login: Option<Box<PostgresLogin>>,
    }

    /// What a query of Prometheus gives.
    pub struct PrometheusTrigger {
        /// A service or tier of the stack, or a name under `externals`, which is asked by HTTPS where its port is 443.
        "from" from: Name,
        /// The port, by name; the first unless given.
        "port" port: Option<Name>,
        /// What the address has after the port, with the leading `/`.
        "path" path: Option<String>,
        /// The query; it gives one number.
        "query" query: String,
        /// How much of it for each pod is aimed at.
        "threshold" threshold: Quantity,
        /// How much of it makes the first pod come.
        "activationThreshold" activation: Option<Quantity>,
        /// Whether an empty answer counts as 0, and not as a failure.
        "ignoreNullValues" ignore_null: bool = true,
        /// As whom KEDA asks.
        "authentication" login: Option<Box<PrometheusLogin>>,
    }

    /// A number of pods from one time until another.
    pub struct CronTrigger {
        /// The time zone, as the IANA calls it: `Europe/Vienna`.
        "timezone" timezone: String,
        /// When it begins, as cron writes it: minute, hour, day, month, weekday.
        "start" start: String,
        /// When it ends.
        "end" end: String,
        /// How many pods, at least.
        "desiredReplicas" replicas: u32,
    }
}

choice! {
    /// What KEDA looks at.
    pub enum Trigger {
        /// Messages that a consumer of NATS `JetStream` has not acknowledged.
        "nats-jetstream" Nats(Box<NatsTrigger>),
        /// Records that a consumer group of Kafka has not read.
        "kafka" Kafka(Box<KafkaTrigger>),
        /// Messages of a queue of RabbitMQ.
        "rabbitmq" RabbitMq(Box<RabbitMqTrigger>),
        /// The length of a list of Redis or Valkey.
        "redis" Redis(Box<RedisTrigger>),
        /// What a query of PostgreSQL gives.
        "postgresql" Postgres(Box<PostgresTrigger>),
        /// What a query of Prometheus gives.
        "prometheus" Prometheus(Box<PrometheusTrigger>),
        /// The time.
        "cron" Cron(Box<CronTrigger>),
    }
}

/// What is aimed at.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A whole number.
    Whole(u32),
    /// Any number.
    Amount(&'a Quantity),
}

impl RabbitMqTrigger {
    /// How KEDA asks.
    #[must_use]
    pub fn asked_by(&self) -> RabbitMqProtocol {
        self.protocol.unwrap_or(match self.mode {
            QueueMode::Length => RabbitMqProtocol::Amqp,
            QueueMode::Rate => RabbitMqProtocol::Http,
        })
    }
}

impl Trigger {
    /// The key of the language, which is KEDA's type.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Nats(_) => "nats-jetstream",
            Self::Kafka(_) => "kafka",
            Self::RabbitMq(_) => "rabbitmq",
            Self::Redis(_) => "redis",
            Self::Postgres(_) => "postgresql",
            Self::Prometheus(_) => "prometheus",
            Self::Cron(_) => "cron",
        }
    }

    /// Whom it asks, where it is not the clock.
    #[must_use]
    pub fn from(&self) -> Option<&Name> {
        Some(match self {
            Self::Nats(it) => &it.from,
            Self::Kafka(it) => &it.from,
            Self::RabbitMq(it) => &it.from,
            Self::Redis(it) => &it.from,
            Self::Postgres(it) => &it.from,
            Self::Prometheus(it) => &it.from,
            Self::Cron(_) => return None,
        })
    }

    /// The credentials that are given, by KEDA's parameters.
    #[must_use]
    pub fn logins(&self) -> Vec<(&'static str, &SecretKey)> {
        match self {
            Self::Kafka(it) => it.login.as_ref().map(|it| it.given()),
            Self::RabbitMq(it) => it.login.as_ref().map(|it| it.given()),
            Self::Redis(it) => it.login.as_ref().map(|it| it.given()),
            Self::Postgres(it) => it.login.as_ref().map(|it| it.given()),
            Self::Prometheus(it) => it.login.as_ref().map(|it| it.given()),
            Self::Nats(_) | Self::Cron(_) => None,
        }
        .unwrap_or_default()
    }

    /// What is aimed at for each pod, with its key.
    #[must_use]
    pub fn target(&self) -> (&'static str, Target<'_>) {
        match self {
            Self::Nats(it) => ("lagThreshold", Target::Whole(it.lag)),
            Self::Kafka(it) => ("lagThreshold", Target::Whole(it.lag)),
            Self::RabbitMq(it) => ("value", Target::Amount(&it.value)),
            Self::Redis(it) => ("listLength", Target::Whole(it.length)),
            Self::Postgres(it) => ("targetQueryValue", Target::Amount(&it.value)),
            Self::Prometheus(it) => ("threshold", Target::Amount(&it.threshold)),
            Self::Cron(it) => ("desiredReplicas", Target::Whole(it.replicas)),
        }
    }

    /// What it names that a tier may declare, with the keys.
    #[must_use]
    pub fn names(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Nats(it) => vec![("stream", &it.stream), ("consumer", &it.consumer)],
            Self::Kafka(it) => vec![("topic", &it.topic)],
            Self::Postgres(it) => it.database.iter().map(|it| ("dbName", it.as_str())).collect(),
            Self::RabbitMq(it) => vec![("protocol", it.asked_by().as_str())],
            Self::Redis(_) | Self::Prometheus(_) | Self::Cron(_) => Vec::new(),
        }
    }

    /// What KEDA is told of it, but for whom it asks.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let mut add = |key, value: Option<String>| found.extend(value.map(|it| (key, it)));
        let text = |it: &Option<u32>| it.map(|it| it.to_string());
        let amount = |it: &Option<Quantity>| it.as_ref().map(ToString::to_string);
        let switch = |it: &Option<bool>| it.map(|it| it.to_string());
        match self {
            Self::Nats(it) => {
                add("account", Some(it.account.clone()));
                add("consumer", Some(it.consumer.clone()));
                add("stream", Some(it.stream.clone()));
                add("lagThreshold", Some(it.lag.to_string()));
                add("activationLagThreshold", text(&it.activation));
            }
            Self::Kafka(it) => {
                add("topic", Some(it.topic.clone()));
                add("consumerGroup", Some(it.group.clone()));
                add("lagThreshold", Some(it.lag.to_string()));
                add("activationLagThreshold", text(&it.activation));
                add("offsetResetPolicy", it.reset.map(|it| it.as_str().to_owned()));
                add("allowIdleConsumers", switch(&it.allow_idle));
                add("excludePersistentLag", switch(&it.exclude_persistent));
                add("sasl", it.sasl.map(|it| it.as_str().to_owned()));
                add("tls", it.tls.map(|it| if it { "enable" } else { "disable" }.to_owned()));
            }
            Self::RabbitMq(it) => {
                add("queueName", Some(it.queue.clone()));
                add("mode", Some(it.mode.as_str().to_owned()));
                add("value", Some(it.value.to_string()));
                add("activationValue", amount(&it.activation));
                add("protocol", Some(it.asked_by().as_str().to_owned()));
                add("vhostName", it.vhost.clone());
            }
            Self::Redis(it) => {
                add("listName", Some(it.list.clone()));
                add("listLength", Some(it.length.to_string()));
                add("activationListLength", text(&it.activation));
                add("databaseIndex", text(&it.database));
                add("enableTLS", switch(&it.tls));
            }
            Self::Postgres(it) => {
                add("query", Some(it.query.clone()));
                add("targetQueryValue", Some(it.value.to_string()));
                add("activationTargetQueryValue", amount(&it.activation));
                add("dbName", it.database.clone());
                add("userName", it.user.clone());
                add("sslmode", it.ssl.map(|it| it.as_str().to_owned()));
            }
            Self::Prometheus(it) => {
                add("query", Some(it.query.clone()));
                add("threshold", Some(it.threshold.to_string()));
                add("activationThreshold", amount(&it.activation));
                add("ignoreNullValues", Some(it.ignore_null.to_string()));
                add("authModes", it.login.as_deref().and_then(PrometheusLogin::modes));
            }
            Self::Cron(it) => {
                add("timezone", Some(it.timezone.clone()));
                add("start", Some(it.start.clone()));
                add("end", Some(it.end.clone()));
                add("desiredReplicas", Some(it.replicas.to_string()));
            }
        }
        found
    }
}

impl PrometheusLogin {
    /// The ways to log in, as KEDA lists them.
    fn modes(&self) -> Option<String> {
        let ways = [
            ("tls", self.cert.is_some()),
            ("basic", self.username.is_some()),
            ("bearer", self.bearer_token.is_some()),
        ];
        let ways: Vec<&str> = ways.into_iter().filter(|(_, given)| *given).map(|(way, _)| way).collect();
        (!ways.is_empty()).then(|| ways.join(","))
    }
}
