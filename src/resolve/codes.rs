//! Codes of binding names.

use crate::diag::code;

code!(
    /// A `uses` of something that the stack does not have.
    UNKNOWN_TARGET "SG203" "unknown-target",
    "A `uses` entry that names no service, tier or external of the stack.",
    "No policy would open the path, and the component would start and fail to connect.",
    "services: { gateway: { uses: [ valkye ] } }",
    "Name a service, tier or external; the nearest one is in the help."
);
code!(
    /// A name of a namespace, affinity, store, secret, key, config or claim that does not exist.
    UNKNOWN_NAME "SG208" "unknown-name",
    "A namespace, affinity, store, secret, key of a secret, config, certificate or claim that the stack does not declare.",
    "The pod would wait for ever for something that is not there.",
    "env: { DATABASE_URL: { secret: platform-db-secret, key: iam-dns } }",
    "Use a declared name; the nearest one is in the help."
);
code!(
    /// A reference to a component, or to a port of it, without a `uses` edge.
    MISSING_USES "SG210" "missing-uses",
    "A reference such as `${stateful.vault.url}` in a component that does not say `uses: [vault]`, or that uses other ports of it than the one referred to.",
    "Policies follow `uses`: the address would be right and the network would refuse it.",
    "services: { iam: { env: { VAULT_ADDR: \"${stateful.vault.url}\" } } }",
    "Add the target, or its port, to `uses`."
);
code!(
    /// Two components, or two containers of one pod, of one name.
    NAME_TAKEN "SG211" "name-taken",
    "Two of a service, a stateful tier, a job and an external of one name; two containers of one pod of one name, the main one being named as the component.",
    "`uses` names its target by name alone, and Kubernetes refuses such a pod.",
    "services: { vault: { … } }\nstateful: { vault: { … } }",
    "Rename one of them."
);
code!(
    /// A secret, config or claim of another namespace.
    OTHER_NAMESPACE "SG212" "other-namespace",
    "A secret, certificate, config or claim of another namespace than the component that takes it.",
    "Pods see Secrets, ConfigMaps and PersistentVolumeClaims of their own namespace only.",
    "secrets: { db: { namespace: infra, … } }\nservices: { iam: { namespace: services, env: { DSN: { secret: db, key: dsn } } } }",
    "Declare the secret in the component's namespace; the same path may be fetched into several."
);
code!(
    /// A secret that reaches pods in another way than the one asked for.
    WRONG_DELIVERY "SG213" "wrong-delivery",
    "A secret of a `vault-agent` store as an environment variable: the agent writes files.",
    "There is no Secret to take the variable from.",
    "stores: { vault: { vault-agent: { role: app } } }\nservices: { iam: { env: { DSN: { secret: db, key: dsn } } } }",
    "Mount it under `files`, or use a `vault-secrets-operator` store."
);
code!(
    /// A template that cannot be rendered.
    BAD_TEMPLATE "SG214" "bad-template",
    "A template with a syntax error, or with a variable that does not exist.",
    "The file would be wrong or half empty.",
    "files: { /etc/app.conf: { template: app.conf.j2 } }      # {{ ports.htpp }}",
    "Correct the template; its context is in `docs/language.md`."
);
code!(
    /// Storage on a service.
    CLAIM_ON_SERVICE "SG215" "claim-on-service",
    "A `claim` under the `volumes` of a service or job.",
    "The pods of a service or job are interchangeable: none has a name by which it would find its storage again, and a claim for each cannot be made.",
    "services: { app: { volumes: { /data: { claim: 10Gi } } } }",
    "Make it a `stateful` tier of kind `custom`; or declare one claim for all pods under `claims` and mount it with `shared`; or use `emptyDir`."
);
code!(
    /// Something that the environment removes, and that is still named.
    REMOVED_IN_USE "SG240" "removed-in-use",
    "A tier, service, external, secret or other entry that an environment removes by `null`, while what is left of the environment still names it. All places that do are in one finding, at the line of the removal.",
    "Nothing would answer there, and no path would lead to it.",
    "services: { api: { uses: [ search ], env: { SEARCH_URL: \"${stateful.search.url}\" } } }\nenvironments: { lite: { stateful: { search: null } } }",
    "Remove what names it in the same environment: `services: { api: { uses: { search: null }, env: { SEARCH_URL: null } } }`. Over a list, a mapping under `uses` changes single targets. Where several components say the same, a profile can say it for all of them, and the environment removes it there."
);
code!(
    /// A cycle of tiers that cannot boot.
    BOOT_CYCLE "SG216" "boot-cycle",
    "Stateful tiers that use each other in a circle.",
    "Each waits for the next; after a power cut none of them comes back.",
    "stateful: { a: { uses: [ b ], … }, b: { uses: [ a ], … } }",
    "Break the circle: one of them must start without the other."
);
code!(
    /// Host and path of a gateway that lead to two places.
    ROUTE_TAKEN "SG218" "route-taken",
    "Two routes of one gateway with the same host and path.",
    "The Gateway API lets the older route win: which one that is depends on when the objects were made.",
    "services:\n  a: { expose: { http: { gateway: public, hosts: [shop.example.com] } } }\n  b: { expose: { http: { gateway: public, hosts: [shop.example.com] } } }",
    "Give one of them another host or path."
);
code!(
    /// A URL whose password variable the container does not have.
    MISSING_VARIABLE "SG217" "missing-password-variable",
    "A `${stateful.NAME.url}` with a password, in an `env`, `command` or `args` whose container does not set the password's variable before.",
    "Kubernetes leaves a `$(NAME)` that it does not know as it is: the program would log in with that text.",
    "env: { DATABASE_URL: \"${stateful.db.url}\" }          # postgresql://app:$(DB_PASSWORD)@db:5432/app",
    "Set the variable from the secret, above: `DB_PASSWORD: { secret: db, key: password }`. Its text must be safe in a URL: letters and digits."
);
code!(
    /// A role that nothing is bound to.
    ROLE_OF_NOBODY "SG251" "unbound-role",
    "A role under `whenBound`, or in a reference or value, that `bind` does not bind.",
    "What depends on it would be missing, and nobody would know what the component keeps its state in.",
    "services: { api: { whenBound: { storage: { postgres: { env: { DB: \"${bind.storage.url}\" } } } } } }      # no bind",
    "Bind it: `bind: { storage: postgres }`. Where an environment does without it, remove both: `bind: { storage: null }, whenBound: { storage: null }`."
);
code!(
    /// A binding to what cannot give what is asked of it.
    CANNOT_GIVE "SG252" "binding-cannot-give",
    "A role bound to a target of a kind for which `whenBound` has nothing, while it has for others; or the password of a target with which nobody logs in.",
    "The program would start without what it needs for that kind of store, or with that of another.",
    "services:\n  api:\n    bind: { storage: valkey }\n    whenBound: { storage: { postgres: { env: { DB: \"${bind.storage.url}\" } } } }",
    "Bind it to a target of one of the kinds that the help names, or add what the component needs with this kind: `whenBound: { storage: { valkey: { … } } }`."
);
code!(
    /// The key of peers that none of their containers takes.
    PEERS_WITHOUT_KEY "SG254" "peers-without-key",
    "A `peers` block whose `secret` no container of the component takes, as a variable or as a file.",
    "The pods would talk to each other without it, or not at all, while the stack says that they prove who they are.",
    "services: { api: { peers: { port: 7946, secret: { secret: gossip, key: key } } } }      # nothing under env or files",
    "Give it to the container: `env: { GOSSIP_KEY: { secret: gossip, key: key } }`, or as a file."
);
