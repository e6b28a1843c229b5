//! Codes of loading and composing.

use crate::diag::{Code, Severity::Error, Severity::Info};

/// A file that the stack names does not exist.
pub static FILE_NOT_FOUND: Code = Code {
    id: "SG020",
    name: "file-not-found",
    severity: Error,
    docs: "\
## What it finds
A file that the stack names (an include, a `versions` file, an overlay, a template, a mounted file) and that is not in the stack's folder; or an include pattern that matches nothing.

## Why it matters
The output would miss what the file holds.

## Example
```yaml
versions: version.env     # the file is versions.env
```

## What to do
Correct the path. Paths are relative to the folder of `stack.yaml`.
",
};

/// A path leaves the stack's folder.
pub static FILE_OUTSIDE: Code = Code {
    id: "SG021",
    name: "file-outside-stack",
    severity: Error,
    docs: "\
## What it finds
A path that leaves the stack's folder: absolute, with `..`, or through a symlink that points out of it.

## Why it matters
A pull request could read any file of the machine that renders it, and the output would depend on that machine.

## Example
```yaml
include: [ ../shared/*.yaml ]
```

## What to do
Put the file into the stack's folder, or make the folder that holds both the stack's folder.
",
};

/// A file that cannot be read.
pub static FILE_UNREADABLE: Code = Code {
    id: "SG022",
    name: "file-unreadable",
    severity: Error,
    docs: "\
## What it finds
A file that exists but cannot be used: a folder, a device, too large, or refused by the system.

## Why it matters
The output would miss what the file holds.

## Example
```yaml
include: [ services ]     # a folder; services/*.yaml is meant
```

## What to do
Name a readable file of at most 4 MiB.
",
};

/// Two files declare the same thing.
pub static DECLARED_TWICE: Code = Code {
    id: "SG023",
    name: "declared-twice",
    severity: Error,
    docs: "\
## What it finds
The same service, tier, secret … or setting in two files of one stack.

## Why it matters
Included files stand side by side; none overrides another, so one of the two would be lost.

## Example
```yaml
# services/a.yaml and services/b.yaml both have
services: { billing: { … } }
```

## What to do
Keep one of them. To change a thing for one environment, use `environments`.
",
};

/// No such environment.
pub static UNKNOWN_ENVIRONMENT: Code = Code {
    id: "SG201",
    name: "unknown-environment",
    severity: Error,
    docs: "\
## What it finds
An environment that the stack does not declare, on the command line or in `extends`; or `extends` that runs in a circle.

## Why it matters
There is nothing to render.

## Example
```yaml
environments:
  preview: { extends: stagign }
```

## What to do
Name an environment of the stack; `stackgen list` shows them.
",
};

/// An override or removal that matches nothing.
pub static OVERRIDE_MATCHES_NOTHING: Code = Code {
    id: "SG202",
    name: "override-matches-nothing",
    severity: Error,
    docs: "\
## What it finds
An environment or overlay that changes a service, tier, profile … that the stack does not declare; or a `null` that removes a value nobody gave.

## Why it matters
The change silently would not happen: a misspelt override is how production keeps the wrong value.

## Example
```yaml
services: { gateway: { … } }
environments:
  prod: { services: { gatway: { scale: 5 } } }
```

## What to do
Correct the name. To have a component in some environments only, declare it in the stack and remove it with `null` in the others.
",
};

/// A reference to something that does not exist.
pub static DANGLING_REFERENCE: Code = Code {
    id: "SG204",
    name: "dangling-reference",
    severity: Error,
    docs: "\
## What it finds
A reference `${…}` to a parameter, version, service, tier, port, namespace, secret or property that does not exist; or one that is not written as dotted names.

## Why it matters
The value cannot be known, and an empty string in its place would be found at rollout.

## Example
```yaml
versions: versions.env            # has POSTGRES_VERSION
stateful: { db: { kind: postgres, version: \"${versions.POSTGRES}\" } }
```

## What to do
Use a name that exists; the nearest one is in the help. `$${` writes a literal `${`.
",
};

/// A parameter without a value.
pub static MISSING_PARAMETER: Code = Code {
    id: "SG205",
    name: "missing-parameter",
    severity: Error,
    docs: "\
## What it finds
A declared parameter that has no default and gets no value from the environment or `--set`.

## Why it matters
The output would depend on something nobody said.

## Example
```yaml
parameters: { pr: { type: integer } }
environments: { preview: {} }          # render preview, without --set pr=42
```

## What to do
Give it with `--set NAME=VALUE`, as in `stackgen render preview --set pr=42`, in the environment's `parameters`, or as `default`.
",
};

/// A parameter's value does not fit its declaration.
pub static BAD_PARAMETER: Code = Code {
    id: "SG206",
    name: "bad-parameter",
    severity: Error,
    docs: "\
## What it finds
A value of a parameter that does not fit its `type`, `minimum`, `maximum`, `pattern` or `enum`; `--set` of a parameter that the environment does not have; a `minimum` or `maximum` of what is no integer; a pattern that is no regular expression.

## Why it matters
Parameters reach names, images and hosts: a wrong one makes objects that nobody meant.

## Example
```yaml
parameters: { sha: { type: string, pattern: \"^[0-9a-f]{7,40}$\" } }
environments: { prod: { parameters: { sha: latest } } }
```

## What to do
Give a value that fits, or correct the declaration.
",
};

/// A profile that does not exist or has a profile of its own.
pub static BAD_PROFILE: Code = Code {
    id: "SG207",
    name: "bad-profile",
    severity: Error,
    docs: "\
## What it finds
A `profile` that the stack does not declare, or a profile inside a profile.

## Why it matters
The component would miss the values that it counts on. Profiles do not nest, so that what a component gets is in one place.

## Example
```yaml
profiles: { go-service: { … } }
services: { iam: { profile: go-svc } }
```

## What to do
Name a profile under `profiles`; a component may list several, the later wins.
",
};

/// A secret that is to be made or held here.
pub static SECRET_MADE_HERE: Code = Code {
    id: "SG250",
    name: "secret-made-here",
    severity: Error,
    docs: "\
## What it finds
A secret that the stack is asked to make up (`generate: true`, `random: 32`, a generator of External Secrets, `randAlphaNum` in a path, `${random.…}`), or whose value is written in it (`value`, `data`, `stringData`).

## Why it matters
What is in git is the truth, and what is rendered from it is applied again and again. A value made up at each render is another one each time: git changes although nobody changed anything, or the cluster drifts from it. Pods that started before and after hold different keys, and members of one cluster no longer know each other. A generator in the cluster does the same in other words: it makes another value when its object is made anew, in each namespace and after each restore. A value that is made once and kept would have to be kept in git, where everybody reads it.

## Example
```yaml
secrets: { hmac: { from: vault, generate: true } }
```

## What to do
Make the value once, put it into the store, and say where it is. The help of the finding has the command for the store:

```yaml
secrets: { hmac: { from: vault, path: app/hmac, keys: [ secret ] } }      # vault kv put -mount=secret app/hmac secret=\"$(openssl rand -hex 32)\"
```
",
};

/// A component that nobody calls, and that is there only where somebody does.
pub static LEFT_OUT: Code = Code {
    id: "SG253",
    name: "left-out",
    severity: Info,
    docs: "\
## What it finds
A tier or service with `onDemand: true` in an environment where no component binds a role to it or uses it. It is left out there, with its secrets and paths.

## Why it matters
Binding a role to another tier moves no data. In an environment that ran with the one that is left out now, its objects are removed with the next sync: the claims of a StatefulSet stay, those of an operator may go with what it manages.

## Example
```yaml
services: { api: { bind: { storage: cassandra } } }
stateful: { postgres: { kind: postgres, onDemand: true }, cassandra: { kind: cassandra, onDemand: true } }
```

## What to do
Nothing, where the environment never had the tier. Else make a backup, and move the data, before the change is applied. To keep the tier beside the new one meanwhile, say `onDemand: false` of it in that environment.
",
};
