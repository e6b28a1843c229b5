//! Codes of tiers, shared by engines.

use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};

/// Replicas that do not replicate.
pub static UNREPLICATED: Code = Code {
    id: "SG301",
    name: "unreplicated-replicas",
    severity: Error,
    docs: "\
## What it finds
Several pods of an engine that does not copy data between them in the way it is declared.

## Why it matters
Each pod has a store of its own behind one address: a client reads from one what it wrote to another.

## Example
```yaml
stateful: { cache: { kind: custom, image: valkey/valkey:8.1, replicas: 2 } }
```

## What to do
Run one replica, or a topology that replicates. For `custom`, say `replicates: true` where the engine's own configuration joins the pods.
",
};

/// An even number of voters.
pub static EVEN_QUORUM: Code = Code {
    id: "SG302",
    name: "even-quorum",
    severity: Error,
    docs: "\
## What it finds
An even number of pods that vote.

## Why it matters
Four voters need three for a majority and so bear the loss of one, like three voters; two bear no loss at all. The extra pod is one more that can fail.

## Example
```yaml
stateful: { keeper: { kind: custom, image: clickhouse/clickhouse-keeper:25.3, quorum: true, replicas: 4 } }
```

## What to do
Use 3 or 5.
",
};

/// A topology that the engine cannot run with this backend.
pub static IMPOSSIBLE_TOPOLOGY: Code = Code {
    id: "SG303",
    name: "impossible-topology",
    severity: Error,
    docs: "\
## What it finds
A number of replicas, or a mix of settings, that this engine cannot run in the way that it is declared.

## Why it matters
The pods would start and never form what was meant, or lose data at the first failover.

## Example
```yaml
stateful: { db: { kind: postgres, replicas: 5 } }
```

## What to do
Use one of the topologies that the message names.
",
};

/// A version that the engine's table does not know.
pub static UNKNOWN_VERSION: Code = Code {
    id: "SG304",
    name: "unknown-engine-version",
    severity: Error,
    docs: "\
## What it finds
A major version of an engine that stackgen's table of images does not know.

## Why it matters
Where an image keeps its data, under which user and how it is configured changes between major versions. A guess loses data.

## Example
```yaml
stateful: { db: { kind: postgres, version: \"9.6\" } }
```

## What to do
Use one of the versions that the message names, or `kind: custom`.
",
};

/// A setting that stackgen decides.
pub static RESERVED_SETTING: Code = Code {
    id: "SG305",
    name: "reserved-setting",
    severity: Error,
    docs: "\
## What it finds
A key under `config` that the tier's own scripts decide: ports, paths, replication.

## Why it matters
Probes, Services and policies follow the value that stackgen set; another one breaks the tier.

## Example
```yaml
stateful: { db: { kind: postgres, config: { port: 5433 } } }
```

## What to do
Remove the key; the message names the field to use instead, where there is one.
",
};

/// No failover.
pub static NO_FAILOVER: Code = Code {
    id: "SG306",
    name: "no-automatic-failover",
    severity: crate::diag::Severity::Info,
    docs: "\
## What it finds
A primary with a standby, without anything that promotes the standby.

## Why it matters
When the primary's node is lost, writes stop until its pod is back or a person promotes the standby.

## Example
```yaml
stateful: { db: { kind: postgres, replicas: 2 } }
```

## What to do
Know the procedure in `docs/engines/postgres.md`.
",
};

/// Little memory for ClickHouse.
pub static SMALL_MEMORY: Code = Code {
    id: "SG309",
    name: "small-clickhouse-memory",
    severity: crate::diag::Severity::Info,
    docs: "\
## What it finds
A ClickHouse server with a memory limit below 4 GB.

## Why it matters
ClickHouse's documentation asks for 4 GB for queries that are not trivial: with less the server runs, but queries are refused often, and merges are slow.

## Example
```yaml
stateful: { events: { kind: clickhouse, resources: { limits: { memory: 2Gi } } } }
```

## What to do
Raise the limit, or know that queries over much data fail and set `max_bytes_before_external_group_by` and `max_bytes_before_external_sort` under `settings`.
",
};

/// Copies that cannot be.
pub static IMPOSSIBLE_REPLICATION: Code = Code {
    id: "SG307",
    name: "impossible-replication",
    severity: Error,
    docs: "\
## What it finds
More copies than there are servers to hold them, or a write that must reach all copies.

## Why it matters
The engine refuses to make what needs more servers than there are. When every copy must have a record, writers stop as soon as one server is away.

## Example
```yaml
stateful: { events: { kind: kafka, replicas: 3, replicationFactor: 3, minInsyncReplicas: 3 } }
```

## What to do
Use the numbers that the message names: 3 copies, of which 2 must have a record, on 3 brokers or more.
",
};

/// A heap that does not fit.
pub static HEAP_DOES_NOT_FIT: Code = Code {
    id: "SG308",
    name: "heap-does-not-fit",
    severity: Error,
    docs: "\
## What it finds
A Java heap that leaves too little of the container's memory limit for all that Java needs beside it.

## Why it matters
The kernel kills a container at its limit. It does so when the heap fills, weeks after the start, and without a word in the log.

## Example
```yaml
stateful: { events: { kind: kafka, heap: 480Mi, resources: { limits: { memory: 512Mi } } } }
```

## What to do
Raise the limit, lower `heap`, or remove it: then it is half of the limit.
",
};

/// A Vault that people open.
pub static MANUAL_UNSEAL: Code = Code {
    id: "SG310",
    name: "manual-unseal",
    severity: crate::diag::Severity::Info,
    docs: "\
## What it finds
A Vault that nothing unseals.

## Why it matters
Each node comes up sealed after each start: a drain, a crash, a change of its pod. It serves nobody until people give it their keys, at any hour; secrets that come from it are not renewed meanwhile.

## Example
```yaml
stateful: { vault: { kind: vault, unseal: manual } }
```

## What to do
Keep the keys with the people who are called, and know the procedure in `docs/engines/vault.md`. Or unseal with a key of `awskms`, `gcpckms`, `azurekeyvault` or `transit`.
",
};

/// A setup without a token.
pub static NOBODY_SETS_UP: Code = Code {
    id: "SG311",
    name: "nobody-sets-up",
    severity: crate::diag::Severity::Info,
    docs: "\
## What it finds
Policies, roles, secret engines or an audit log that a tier declares, and no token with which a Job could make them.

## Why it matters
A Vault begins empty, and only who holds a token may change that. Until somebody runs the script, nobody can log in and no request is recorded.

## Example
```yaml
stateful: { vault: { kind: vault, mounts: { secret: kv-v2 } } }
```

## What to do
Run `setup.sh` once after the first start and after each change of what it makes, as `docs/engines/vault.md` says. Or put a token into a secret and name it under `setupToken`.
",
};

/// A pod that is killed while it hands over.
pub static DRAIN_CUT_SHORT: Code = Code {
    id: "SG314",
    name: "drain-cut-short",
    severity: Error,
    docs: "\
## What it finds
A grace period that ends before the engine has handed over its clients or its data.

## Why it matters
The pod is killed in the middle of it, at each rollout and each drain of a node: clients lose their connections all at once, and a store that was not closed is checked at the next start.

## Example
```yaml
stateful: { bus: { kind: nats, lameDuckDuration: 2m, terminationGracePeriodSeconds: 60 } }
```

## What to do
Raise `terminationGracePeriodSeconds`, or let the engine hand over sooner.
",
};

/// Sizes that the volume or the memory cannot hold.
pub static STORE_TOO_SMALL: Code = Code {
    id: "SG315",
    name: "store-too-small",
    severity: Error,
    docs: "\
## What it finds
Sizes that the tier reserves for its data and that its volumes, or its memory, do not have.

## Why it matters
The server refuses to make what does not fit; or it fills the volume, and then stops.

## Example
```yaml
stateful: { bus: { kind: nats, storage: 10Gi, streams: { ORDERS: { subjects: [ \"orders.>\" ], maxBytes: 20Gi } } } }
```

## What to do
Raise `storage`, or the memory limit where it is about memory; or ask for less.
",
};

/// Writes that a single absent pod stops.
pub static WRITES_STOP: Code = Code {
    id: "SG316",
    name: "writes-stop-in-a-drain",
    severity: crate::diag::Severity::Warning,
    docs: "\
## What it finds
As many copies of each piece of data as there are pods that keep them, in an engine that confirms a write only when every copy is written.

## Why it matters
Each drain, update or crash of one pod stops all writes until it is back.

## Example
```yaml
stateful: { files: { kind: seaweedfs, mode: distributed, replicas: 2, replication: \"001\", storage: 50Gi, s3Config: { secret: s3, key: s3.json } } }
```

## What to do
Run one pod more than there are copies, as the message says; or accept the finding where writes may wait.
",
};

/// A primary that only a Sentinel knows.
pub static PRIMARY_BEHIND_SENTINEL: Code = Code {
    id: "SG312",
    name: "primary-behind-sentinel",
    severity: crate::diag::Severity::Info,
    docs: "\
## What it finds
Replicated servers of Valkey or Redis, whose primary the Sentinels choose.

## Why it matters
No Service follows the primary. A client that connects to any server is told `READONLY` when it writes to a replica; it must ask a Sentinel where the primary is, and again after each failover.

## Example
```yaml
stateful: { sessions: { kind: valkey, mode: replicated, replicas: 3 } }
```

## What to do
Use a client library that knows Sentinels, with the tier's port `sentinel`, `${stateful.NAME.primaryName}` and the password. Where clients cannot, use `mode: persistent`.
",
};

/// A login that can be read on its way.
pub static LOGIN_IN_THE_CLEAR: Code = Code {
    id: "SG313",
    name: "login-in-the-clear",
    severity: crate::diag::Severity::Warning,
    docs: "\
## What it finds
Users that log in to an engine which does not encrypt.

## Why it matters
Who sees the network reads what they write, and where a password is sent as it is, takes it.

## Example
```yaml
stateful: { events: { kind: kafka, users: { app: { password: { secret: kafka, key: app }, topics: { orders: [ Read ] } } } } }
```

## What to do
Serve with a `certificate`. Where a mesh encrypts all that the tier's pods say, accept the finding.
",
};

/// Nodes that hold the only copy of a part of the data.
pub static SINGLE_COPY: Code = Code {
    id: "SG351",
    name: "single-copy",
    severity: crate::diag::Severity::Warning,
    docs: "\
## What it finds
Several nodes of Cassandra and one copy of each row.

## Why it matters
Rows are spread over the nodes. While one node is away, its part of every table can be neither read nor written; when its disk is lost, that part is.

## Example
```yaml
stateful: { store: { kind: cassandra, replicas: 3, replicationFactor: 1 } }
```

## What to do
Use three copies. For data that can be made again, accept the finding.
",
};

/// Copies whose quorum bears no more than that of fewer.
pub static EVEN_COPIES: Code = Code {
    id: "SG352",
    name: "even-copies",
    severity: crate::diag::Severity::Warning,
    docs: "\
## What it finds
An even number of copies of each row of Cassandra.

## Why it matters
A quorum is more than half. Of two copies it is both, so that reads and writes at `QUORUM` stop whenever one node is away, for a drain or an update too; of four it is three, which bears the loss of one node, as three copies do.

## Example
```yaml
stateful: { store: { kind: cassandra, replicas: 2 } }
```

## What to do
Use three copies on three nodes or more. Where clients read and write at `ONE`, and may read what is old, accept the finding.
",
};

/// A backup that stops what it is of.
pub static BACKUP_STOPS_WRITES: Code = Code {
    id: "SG462",
    name: "backup-stops-writes",
    severity: crate::diag::Severity::Warning,
    docs: "\
## What it finds
Snapshots as the backup of a tier with one server, which is stopped while each is made.

## Why it matters
Nobody can read or write meanwhile: seconds with most drivers, minutes with some.

## Example
```yaml
stateful: { db: { kind: postgres, backend: operator, replicas: 1, backup: { schedule: \"0 3 * * *\", to: { snapshot: {} } } } }
```

## What to do
Run two servers: then the standby is stopped. Or back up to an `objectStore`. Where clients can wait, accept the finding.
",
};

/// A port that a tier does not have.
pub static UNKNOWN_PORT: Code = Code {
    id: "SG209",
    name: "unknown-port",
    severity: Error,
    docs: "\
## What it finds
A port, by name, that its component does not have: in `uses`, a probe, `peerPorts`, `expose` or a reference.

## Why it matters
Nothing listens there.

## Example
```yaml
services:
  money: { ports: { grpc: 50050 } }
  gateway: { uses: [ \"money:gprc\" ] }
```

## What to do
Name a port under the component's `ports`.
",
};

/// An even number of voters, with the odd numbers around it.
pub(crate) fn even_quorum(at: &Route, voters: u32) -> Diagnostic {
    let message = format!(
        "{voters} voters bear the loss of {}, as {} would",
        voters.saturating_sub(1) / 2,
        voters.saturating_sub(1)
    );
    Diagnostic::at_value(&EVEN_QUORUM, at, message).help(format!(
        "use {} or {}",
        voters.saturating_sub(1).max(1),
        voters + 1
    ))
}

/// Reports a grace period that is shorter than stopping takes: `least` seconds suffice, `why` says what they are for.
/// `tier` is the tier's place.
pub(crate) fn check_grace(grace: u32, least: u32, why: impl Into<String>, tier: &Route, sink: &mut Sink) {
    if grace >= least {
        return;
    }
    let message = format!("the kill comes {grace} s after the request to stop");
    sink.push(
        Diagnostic::at_value(&DRAIN_CUT_SHORT, &tier.join("terminationGracePeriodSeconds"), message)
            .note(why)
            .help(format!("use {least} or more")),
    );
}
