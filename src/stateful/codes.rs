//! Codes of tiers, shared by engines.

use crate::diag::{Code, Diagnostic, Route, Severity::Error};

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
