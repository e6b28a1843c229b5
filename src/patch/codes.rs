//! Codes of the way out.

use crate::diag::{Code, Severity::Info, Severity::Warning, code};

/// All of them.
pub static ALL: [&Code; 13] = [
    &MATCHES_NOTHING,
    &UNKNOWN_FIELD,
    &IDENTITY,
    &DOES_NOT_APPLY,
    &BAD_MANIFEST,
    &SECRET,
    &SELECTOR,
    &NOT_CHECKED,
    &OTHER_NAMESPACE,
    &REFERENCE,
    &DEPRECATED,
    &BAD_DEFINITION,
    &BOOT,
];

code!(
    /// A patch for objects that are not there.
    MATCHES_NOTHING "SG570" "patch-matches-nothing",
    "A patch whose `target` fits no object, or another number of objects than its `matches` says.",
    "The change silently would not happen, or would happen to more than it was meant for.",
    "patches: { team: { target: { kind: Deployment, name: gatway }, merge: { … } } }",
    "Correct `target`; the nearest kind or name is in the help. `matches: 3` says how many objects it is for."
);
code!(
    /// A patch that makes of an object what Kubernetes does not know.
    UNKNOWN_FIELD "SG571" "patch-of-unknown-field",
    "A patch after which an object has a field that its kind does not have in the cluster's version of Kubernetes, a value of another type or none of the words that may be there, or lacks a field that must be there. Custom resources are held to their definitions: those of `crds`, else those that are known here, of one release of each project, which the report names.",
    "The API server drops an unknown field or refuses the object: the change would not happen.",
    "patches: { slow: { target: { kind: Deployment, name: web }, merge: { spec: { minReadySecond: 10 } } } }",
    "Write a field that the kind has; the nearest is in the help. Where the cluster has another release of a project than the one that is known here, bring its definition, under `crds`."
);
code!(
    /// A patch that makes another object of an object.
    IDENTITY "SG572" "patch-of-identity",
    "A patch that changes `apiVersion`, `kind`, `metadata.name` or `metadata.namespace`.",
    "Another object comes of it, while policies, selectors, references and the graph still mean the one that it was.",
    "patches: { rename: { target: { kind: Service, name: web }, merge: { metadata: { name: www } } } }",
    "Change the name or namespace in the stack, where everything follows. What the stack has no word for is an object of its own, under `manifests`."
);
code!(
    /// A patch that cannot be applied.
    DOES_NOT_APPLY "SG573" "patch-does-not-apply",
    "A step of a JSON patch whose path is not there, or whose `test` fails; an item of a list without its merge key; a `null` or `$patch: delete` that takes nothing away; a directive that nobody knows.",
    "Half a patch is worse than none: the object stays as it was, and nothing is rendered.",
    "patches: { one: { target: { kind: Deployment, name: web }, json: [ { op: remove, path: /spec/paused } ] } }",
    "Correct the path or the name. `stackgen render ENV` shows the object as it is."
);
code!(
    /// A manifest that Kubernetes would not take.
    BAD_MANIFEST "SG574" "bad-manifest",
    "An object of `manifests`, or of `check --manifests`, without `apiVersion`, `kind` or `metadata.name`, also where `generateName` leaves the name to the API server: that is for what is created, not applied; of an API version that the cluster's version of Kubernetes (`cluster.kubernetes`; without a stack, `--kubernetes`, else the newest that is known) does not have; with a field that its kind does not have there, or a value of another type or none of the words that may be there; without a field that must be there; or a custom resource that breaks a rule of its definition (`x-kubernetes-validations`, in CEL). Custom resources are held to their definitions: those of `crds` or among the files, else those that are known here, of one release of each project, which the report names.",
    "The API server refuses the object, or drops the field: what is written would not be what runs.",
    "# manifests/budget.yaml\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget",
    "Correct the manifest; the nearest kind, field or version is in the help. Where the cluster has another release of a project than the one that is known here, bring its definition: under `crds`, or as a file of `check --manifests`."
);
code!(
    /// A Secret with its values.
    SECRET "SG575" "secret-in-manifest",
    "A Secret of `manifests` with `data` or `stringData`, or a patch that writes them. The report shows the place, not the line, which holds the value.",
    "Its value is in git, for everybody who reads the repository, for ever. Base64 hides nothing.",
    "# manifests/login.yaml\napiVersion: v1\nkind: Secret\nmetadata: { name: login, namespace: app }\nstringData: { password: hunter2 }",
    "Declare it under `secrets`, from a store; or bring what makes it in the cluster: an ExternalSecret, a SealedSecret. Then change the credential: it was published."
);
code!(
    /// A patch after which a selector selects nothing.
    SELECTOR "SG576" "patch-breaks-selector",
    "A patch that changes the selector of a workload; that takes labels from its pods which the selector names; or after which a Service selects no pods any more.",
    "A selector cannot be changed once the object is there, the API server refuses a workload that does not select its own pods, and a Service without pods answers nobody.",
    "patches: { tier: { target: { kind: Deployment, name: web }, merge: { spec: { template: { metadata: { labels: { app.kubernetes.io/name: www } } } } } } }",
    "Add labels, and leave those that selectors name as they are. A component of another name has selectors of its own."
);
code!(
    /// A patch after which pods wait for each other in vain.
    BOOT "SG578" "patch-breaks-boot",
    "A patch after which the pods of a tier start one after the other (`podManagementPolicy`), or are found by their names only when they are ready (`publishNotReadyAddresses`), where stackgen starts them together and names them at once. A StatefulSet of one pod is left alone.",
    "Members of a cluster are ready only with most of the others. After an outage of all, the first waits for the second, which does not start, or is not found: nothing but a person ends it.",
    "patches: { slowly: { target: { kind: StatefulSet, component: config }, merge: { spec: { podManagementPolicy: OrderedReady } } } }",
    "Leave both as they are. How many pods an update takes at once is another matter: it is the field `updateStrategy`. Where the pods of your own program are ready without each other, accept it."
);
code!(
    /// A definition of a kind that Kubernetes would not take.
    BAD_DEFINITION "SG577" "bad-definition",
    "An object of `crds` that is no CustomResourceDefinition, or a definition, there or beside objects that no stack made, that the API server would not take: with a field that such an object does not have, without a schema or a type in it, without the one version that is stored.",
    "Objects of the kind cannot be checked, and the cluster would refuse the definition.",
    "# crds/widget.yaml, a version of which has\nschema: { openAPIV3Schema: { type: object, properties: { spec: { properties: { size: { type: integer } } } } } }",
    "Correct the definition: here, `spec` lacks `type: object`. Take it from who makes the controller, in the version that the cluster has."
);
code!(
    /// A patch that names what nobody has.
    REFERENCE "SG582" "patch-of-unknown-reference",
    "A patch after which pods name a ConfigMap, Secret, ServiceAccount or PersistentVolumeClaim that is no object of the environment, no secret of the stack, and made by none of its operators.",
    "The pods would wait for it, for ever.",
    "patches: { pull: { target: { kind: Deployment }, merge: { spec: { template: { spec: { imagePullSecrets: [ { name: registry } ] } } } } } }",
    "Correct the name; or declare it: `secrets` (of a store that is `existing`, where others make it), `configs`, `claims`, or an object under `manifests`."
);

/// A manifest of an API version that will go away.
pub static DEPRECATED: Code = Code {
    id: "SG583",
    name: "deprecated-api-version",
    severity: Warning,
    docs: "\
## What it finds
An object of `manifests`, or of `check --manifests`, of an API version that is deprecated in the cluster's version of Kubernetes (`cluster.kubernetes`; without a stack, the newest that is known), by the kind's definition (`crds`), or in the release of a project that is known here.

## Why it matters
A later version of Kubernetes, or of what the kind belongs to, does not have it, and refuses the object on the day of the upgrade.

## Example
```yaml
# manifests/flows.yaml, with `cluster: { kubernetes: \"1.30\" }`
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: { name: reports }
```

## What to do
Write the API version that is in the help; fields may be called otherwise there, which is checked then.
",
};

/// A manifest for a namespace that the stack does not have.
pub static OTHER_NAMESPACE: Code = Code {
    id: "SG581",
    name: "manifest-outside-namespaces",
    severity: Warning,
    docs: "\
## What it finds
An object of `manifests` in a namespace that the stack does not declare, or in none although its kind is in one.

## Why it matters
Nobody here makes the namespace, and what the stack says of namespaces (policies, quotas, Pod Security) does not hold for it. Without a namespace the object goes wherever the tool that applies it happens to be.

## Example
```yaml
# manifests/settings.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: ap }
```

## What to do
Correct the namespace; or declare it under `namespaces`, with `existing: true` where others make it.
",
};

/// What nobody here can check.
pub static NOT_CHECKED: Code = Code {
    id: "SG580",
    name: "not-checked",
    severity: Info,
    docs: "\
## What it finds
A patch of a custom resource, an object of `manifests` or of `check --manifests`, of a kind or an API version whose fields are not known here; what of a kind's definition cannot be evaluated: a rule in CEL that calls what is not known here, or does too much, a pattern of another dialect; or any of them where nothing is known of the cluster's version of Kubernetes.

## Why it matters
A field that does not exist is found in the cluster only, or never. It is said once for each patch and kind, and of a rule at its line in the definition, so that it is not taken for checked.

## Example
```yaml
patches: { pull: { target: { kind: Redis, name: cache }, merge: { spec: { kubernetesConfig: { imagePullPolicy: Always } } } } }
```

## What to do
Bring the kind's definition: under `crds`, or as a file of `check --manifests`. Or nothing; or check the rendered tree with the definitions of the kind (`kubeconform -schema-location …`, a dry run on the server).
",
};
