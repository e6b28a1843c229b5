//! Which part of the stack an object's value is made from.

use super::{Found, Step, adopted, compose, files, observed, secret};
use crate::diag::Route;
use crate::document::{COMPONENTS, Document};
use crate::k8s::labels;
use crate::syntax::Node;

/// The part of the stack behind a value.
pub(super) fn origin(document: &Document, object: &Found, steps: &[Step]) -> Route {
    let words: Vec<&str> = steps
        .iter()
        .map(|it| match it {
            Step::Key(it) | Step::Item(it) => it.as_str(),
        })
        .collect();
    if let Some(found) = compose::origin(document, object, &words) {
        return found;
    }
    let owner = owner(document, object);
    if let Some(found) = observed::origin(document, object, owner.as_ref(), &words) {
        return found;
    }
    if let Some(found) = super::access::origin(document, object, owner.as_ref(), &words) {
        return found;
    }
    match owner {
        Some(component) => of_component(document, object, &component, &words),
        None => of_stack(document, object, &words),
    }
}

/// The component that an object says it is of, if it is in a folder of that component.
pub(super) fn owner(document: &Document, object: &Found) -> Option<Route> {
    let own = object.node.get("metadata").and_then(|it| it.get("labels"));
    let name = own.and_then(|it| it.get(labels::NAME)?.as_scalar()).map(|it| it.text.to_string());
    let name = name.unwrap_or_else(|| object.folder.clone());
    let route = COMPONENTS.iter().map(|section| Route::of(&[section, &name]));
    route.into_iter().find(|it| {
        let folder =
            document.find(&it.join("folder")).and_then(Node::as_scalar).map(|it| it.text.to_string());
        document.find(it).is_some() && folder.unwrap_or(name.clone()) == object.folder
    })
}

fn of_component(document: &Document, object: &Found, component: &Route, words: &[&str]) -> Route {
    let at = |steps: &[&str]| steps.iter().fold(component.clone(), |route, step| route.join(step));
    if let ["metadata", "namespace"] = words {
        return at(&["namespace"]);
    }
    if let Some(found) = adopted::origin(document, object, component, words) {
        return found;
    }
    match (object.kind.as_str(), words) {
        ("Job" | "CronJob", ["spec", rest @ ..]) if document.find(&at(&["run"])).is_some() => {
            of_job(document, component, rest)
        }
        ("Deployment" | "Rollout", ["spec", "replicas"]) => at(&["scale"]),
        ("StatefulSet", ["spec", "replicas"]) => at(&["replicas"]),
        ("Deployment", ["spec", "strategy", "rollingUpdate", field])
        | ("DaemonSet", ["spec", "updateStrategy", "rollingUpdate", field]) => at(&["rollout", field]),
        ("Deployment", ["spec", "strategy", "type"])
        | ("Rollout", ["spec", "strategy", ..])
        | ("VirtualService", ["spec", ..]) => at(&["rollout"]),
        ("StatefulSet", ["spec", "volumeClaimTemplates", _, "spec", "storageClassName"]) => {
            at(&["storageClass"])
        }
        ("StatefulSet", ["spec", "volumeClaimTemplates", ..]) => at(&["storage"]),
        (
            "DaemonSet" | "Deployment" | "Rollout" | "StatefulSet" | "Pooler",
            ["spec", "template", rest @ ..],
        ) => of_pod(document, component, rest),
        ("PersistentVolume", words) => of_volume(document, object, component, words),
        ("HorizontalPodAutoscaler", ["spec", rest @ ..]) => at(&["scale", "hpa"]).join(match rest {
            ["minReplicas"] => "min",
            ["maxReplicas"] => "max",
            ["behavior", "scaleUp", ..] => "scaleUpWindow",
            ["behavior", ..] => "scaleDownWindow",
            ["metrics", index, ..] => metric(object, index),
            _ => return at(&["scale"]),
        }),
        ("ScaledObject", ["spec", rest @ ..]) => at(&["scale", "keda"]).join(match rest {
            ["minReplicaCount"] => "min",
            ["maxReplicaCount"] => "max",
            ["triggers", ..] => "triggers",
            ["fallback", ..] => "fallback",
            _ => return at(&["scale"]),
        }),
        ("PodDisruptionBudget", ["spec", "minAvailable" | "maxUnavailable"]) => {
            let written = at(&["disruption"]);
            let derived =
                if document.find(&at(&["scale"])).is_some() { at(&["scale"]) } else { at(&["replicas"]) };
            if document.find(&written).is_some() { written } else { derived }
        }
        ("Service", ["spec", "ports", name, ..]) => at(&["ports", name]),
        ("Service", ["spec", "type" | "loadBalancerSourceRanges" | "externalTrafficPolicy", ..]) => {
            at(&["expose"])
        }
        ("HTTPRoute" | "GRPCRoute" | "Ingress", ["spec", ..]) => at(&["expose"]),
        ("NetworkPolicy" | "CiliumNetworkPolicy", ["spec", "egress", ..]) => at(&["uses"]),
        ("NetworkPolicy" | "AuthorizationPolicy", ["spec", rest @ ("ingress" | "rules"), index, ..]) => {
            caller(document, object, rest, index).unwrap_or_else(|| component.clone())
        }
        ("ServiceAccount", ["metadata", "name"]) => at(&["serviceAccount"]),
        ("ConfigMap", ["data", key]) => files::origin(document, component, key),
        ("Cluster", ["spec", rest @ ..]) => of_cluster(document, component, rest),
        ("RabbitmqCluster", ["spec", rest @ ..]) => of_rabbitmq_cluster(document, component, rest),
        ("Redis" | "RedisReplication" | "RedisSentinel", ["spec", rest @ ..]) => {
            of_redis(document, object.kind == "RedisSentinel", component, rest)
        }
        ("Stream" | "Consumer", ["spec", field, ..]) => of_stream(document, object, component, field),
        ("Account", ["spec", "user", ..]) => at(&["password"]),
        ("Database", ["spec", "name"]) => at(&["databases"]),
        ("Database", ["spec", "owner"]) => at(&["owner"]),
        ("Pooler", ["spec", "instances"]) => at(&["pooler", "instances"]),
        ("Pooler", ["spec", "pgbouncer", "poolMode"]) => at(&["pooler", "mode"]),
        ("Pooler", ["spec", "pgbouncer", "parameters", name]) => at(&["pooler", "config", name]),
        ("ScheduledBackup", ["spec", "schedule"]) => at(&["backup", "schedule"]),
        ("ObjectStore", ["spec", "retentionPolicy"]) => at(&["backup", "retention"]),
        ("ObjectStore", ["spec", "configuration", ..]) => at(&["backup", "store"]),
        _ => component.clone(),
    }
}

/// A Job or `CronJob` of the stack's own.
fn of_job(document: &Document, component: &Route, words: &[&str]) -> Route {
    let run = component.join("run").join("schedule");
    match words {
        ["jobTemplate", "spec", rest @ ..] => of_job(document, component, rest),
        ["activeDeadlineSeconds"] => component.join("activeDeadlineSeconds"),
        ["backoffLimit"] => component.join("retries"),
        ["template", "spec", "restartPolicy"] => component.join("restartPolicy"),
        ["template", rest @ ..] => of_pod(document, component, rest),
        ["schedule"] if document.find(&run.join("cron")).is_some() => run.join("cron"),
        ["schedule"] => run,
        [field, ..] => run.join(field),
        [] => component.clone(),
    }
}

/// A volume that exists before its claim; `at` has the keys `storage` or `size`, and `volume`.
fn of_volume(document: &Document, object: &Found, component: &Route, words: &[&str]) -> Route {
    let place = volume_place(document, object, component);
    let size = ["storage", "size", "claim"].into_iter().map(|it| place.join(it));
    match words {
        ["spec", "capacity", ..] => size.into_iter().find(|it| document.find(it).is_some()).unwrap_or(place),
        ["spec", "accessModes", ..] if document.find(&place.join("accessModes")).is_some() => {
            place.join("accessModes")
        }
        ["spec", "storageClassName"] => {
            // A part without a class of its own has the tier's.
            let own = place.join("storageClass");
            if document.find(&own).is_some() { own } else { component.join("storageClass") }
        }
        ["spec", source @ ("nfs" | "csi"), field, rest @ ..] => {
            rest.iter().fold(place.join("volume").join(source).join(field), |at, key| at.join(key))
        }
        ["spec", "mountOptions", ..] => place.join("volume").join("mountOptions"),
        _ => place.join("volume"),
    }
}

/// The part of a tier that describes a volume: by the claim that the volume is kept for, `data-NAME-keeper-0` or
/// `volume-1-NAME-0`.
fn volume_place(document: &Document, object: &Found, component: &Route) -> Route {
    let Some(claim) = text_below(object, &["spec", "claimRef", "name"]) else { return component.clone() };
    let nth = claim.strip_prefix("volume-").and_then(|it| it.split('-').next()?.parse::<usize>().ok());
    let volumes = document.find(&component.join("volumes")).and_then(Node::as_map);
    if let Some((path, _)) = nth.and_then(|it| volumes?.iter().nth(it)) {
        return component.join("volumes").join(path);
    }
    let is_part =
        |it: &str| claim.contains(&format!("-{it}-")) && document.find(&component.join(it)).is_some();
    match ["keeper", "master", "filer"].into_iter().find(|it| is_part(it)) {
        Some(part) => component.join(part),
        None => component.clone(),
    }
}

/// A cluster of CloudNativePG.
fn of_cluster(document: &Document, component: &Route, words: &[&str]) -> Route {
    let at = |steps: &[&str]| steps.iter().fold(component.clone(), |route, step| route.join(step));
    match words {
        ["instances"] => at(&["replicas"]),
        ["imageName"] => of_container(document, component, &["image"]),
        ["bootstrap", "initdb", field @ ("database" | "owner")] => at(&[field]),
        ["bootstrap", "initdb", "secret", ..] => at(&["password", "secret"]),
        ["bootstrap", "initdb", ..] => at(&["init"]),
        ["postgresql", "parameters", "max_connections"] => at(&["maxConnections"]),
        ["postgresql", "parameters", name] => at(&["config", name]),
        ["postgresql", "shared_preload_libraries", ..] => at(&["config", "shared_preload_libraries"]),
        ["storage", "size"] => at(&["storage"]),
        ["storage", "storageClass"] => at(&["storageClass"]),
        ["stopDelay" | "smartShutdownTimeout"] => at(&["terminationGracePeriodSeconds"]),
        ["resources", kind, name] => at(&["resources", kind, name]),
        ["inheritedMetadata", rest @ ..] => of_pod(document, component, &[&["metadata"], rest].concat()),
        ["affinity", "tolerations", ..] | ["priorityClassName" | "topologySpreadConstraints", ..] => {
            let pod = if words[0] == "affinity" { &words[1..] } else { words };
            of_pod(document, component, &[&["spec"], pod].concat())
        }
        ["affinity", "nodeAffinity", ..] => {
            of_pod(document, component, &["spec", "affinity", "nodeAffinity"])
        }
        ["affinity", ..] => of_pod(document, component, &["spec", "affinity", "podAntiAffinity"]),
        ["plugins", ..] => at(&["backup"]),
        _ => component.clone(),
    }
}

/// A cluster of the RabbitMQ Cluster Operator.
fn of_rabbitmq_cluster(document: &Document, component: &Route, words: &[&str]) -> Route {
    let at = |steps: &[&str]| steps.iter().fold(component.clone(), |route, step| route.join(step));
    match words {
        ["image"] => of_container(document, component, &["image"]),
        ["persistence", "storage"] => at(&["storage"]),
        ["persistence", ..] => at(&["storageClass"]),
        ["rabbitmq", "additionalConfig"] => at(&["config"]),
        ["rabbitmq", ..] => at(&["plugins"]),
        ["replicas"] => at(&["replicas"]),
        ["resources", kind, name] => at(&["resources", kind, name]),
        ["secretBackend", ..] => at(&["password", "secret"]),
        ["override", "statefulSet", "spec", "template", rest @ ..] => of_pod(document, component, rest),
        ["affinity" | "tolerations" | "terminationGracePeriodSeconds", ..] => {
            of_pod(document, component, &[&["spec"], words].concat())
        }
        _ => component.clone(),
    }
}

/// A stream or a consumer that NACK makes.
fn of_stream(document: &Document, object: &Found, component: &Route, field: &str) -> Route {
    let name = |key: &str| text_below(object, &["spec", key]);
    let stream = name("name").or_else(|| name("streamName")).unwrap_or_default();
    let stream = component.join("streams").join(&stream);
    let place = match name("durableName") {
        Some(own) => stream.join("consumers").join(&own),
        None => stream,
    };
    let field = place.join(match field {
        "maxMsgs" => "maxMessages",
        "maxMsgsPerSubject" => "maxMessagesPerSubject",
        "maxMsgSize" => "maxMessageSize",
        "filterSubject" | "filterSubjects" => "subjects",
        other => other,
    });
    if document.find(&field).is_some() { field } else { place }
}

/// Servers or Sentinels of the Redis operator.
fn of_redis(document: &Document, sentinels: bool, component: &Route, words: &[&str]) -> Route {
    let at = |steps: &[&str]| steps.iter().fold(component.clone(), |route, step| route.join(step));
    match words {
        ["clusterSize"] | ["redisSentinelConfig", "quorum"] => at(&["replicas"]),
        ["kubernetesConfig", "image"] => {
            let own = at(&["sentinelImage"]);
            let own = sentinels.then_some(own).filter(|it| document.find(it).is_some());
            own.unwrap_or_else(|| of_container(document, component, &["image"]))
        }
        ["kubernetesConfig", "redisSecret", field @ ("name" | "key")] => {
            at(&["password", if *field == "name" { "secret" } else { field }])
        }
        ["kubernetesConfig", "resources", kind, name] => {
            at(&[if sentinels { "sentinelResources" } else { "resources" }, kind, name])
        }
        ["redisConfig", ..] => at(&["config"]),
        ["redisSentinelConfig", "downAfterMilliseconds" | "failoverTimeout"] => at(&["downAfterSeconds"]),
        ["storage", .., "storageClassName"] => at(&["storageClass"]),
        ["storage", ..] => at(&["storage"]),
        [
            "affinity"
            | "priorityClassName"
            | "serviceAccountName"
            | "terminationGracePeriodSeconds"
            | "tolerations"
            | "topologySpreadConstraints",
            ..,
        ] => of_pod(document, component, &[&["spec"], words].concat()),
        _ => component.clone(),
    }
}

fn of_pod(document: &Document, component: &Route, words: &[&str]) -> Route {
    let at = |steps: &[&str]| steps.iter().fold(component.clone(), |route, step| route.join(step));
    let affinity = |field: &str| {
        let named = document.find(&at(&["affinity"])).and_then(Node::as_scalar).map(|it| it.text.to_string());
        named.map_or_else(|| at(&["affinity"]), |it| Route::of(&["affinity", &it, field]))
    };
    match words {
        ["metadata", field @ ("labels" | "annotations"), key] => {
            let written = at(&[field, key]);
            if document.find(&written).is_some() { written } else { component.clone() }
        }
        ["spec", "serviceAccountName"] => at(&["serviceAccount"]),
        ["spec", "automountServiceAccountToken"] => at(&["automountServiceAccountToken"]),
        ["spec", "terminationGracePeriodSeconds"] => at(&["terminationGracePeriodSeconds"]),
        ["spec", "priorityClassName"] => affinity("priorityClass"),
        ["spec", "tolerations", ..] => affinity("tolerations"),
        ["spec", "topologySpreadConstraints", ..] => affinity("spread"),
        ["spec", "affinity", "podAntiAffinity", ..] => affinity("separate"),
        ["spec", "affinity", ..] => affinity("nodes"),
        ["spec", "securityContext", "seccompProfile", ..] => at(&["securityContext", "seccompProfile"]),
        ["spec", "securityContext", field, ..] => at(&["securityContext", field]),
        ["spec", "volumes", ..] => at(&["files"]),
        ["spec", "containers" | "initContainers", name, rest @ ..] => {
            let side = ["initContainers", "sidecars"].map(|it| at(&[it, name]));
            // A job that no tool runs is a container of the pods that wait for it.
            let job = Some(Route::of(&["jobs", name])).filter(|_| words[1] == "initContainers");
            let side = side.into_iter().chain(job).find(|it| document.find(it).is_some());
            of_container(document, &side.unwrap_or_else(|| component.clone()), rest)
        }
        _ => component.clone(),
    }
}

fn of_container(document: &Document, component: &Route, words: &[&str]) -> Route {
    let at = |steps: &[&str]| steps.iter().fold(component.clone(), |route, step| route.join(step));
    match words {
        ["image"] if document.find(&at(&["image"])).is_none() => at(&["version"]),
        [field @ ("image" | "command" | "args"), rest @ ..] => match rest {
            [index, ..] => at(&[field, index]),
            [] => at(&[field]),
        },
        ["ports", name, ..] => at(&["ports", name]),
        ["env", name, "valueFrom", _, field] => {
            let field = match *field {
                "name" => "secret",
                "fieldPath" => "field",
                other => other,
            };
            at(&["env", name, field])
        }
        ["env", name, ..] => at(&["env", name]),
        ["envFrom", index, rest @ ..] => match rest {
            ["secretRef", ..] => at(&["envFrom", index, "secret"]),
            ["configMapRef", ..] => at(&["envFrom", index, "config"]),
            [field, ..] => at(&["envFrom", index, field]),
            [] => at(&["envFrom", index]),
        },
        ["resources", kind, name, ..] => at(&["resources", kind, name]),
        ["livenessProbe", rest @ ..] => probe(&at(&["probes", "liveness"]), rest),
        ["readinessProbe", rest @ ..] => probe(&at(&["probes", "readiness"]), rest),
        ["startupProbe", rest @ ..] => probe(&at(&["probes", "startup"]), rest),
        ["securityContext", field, ..] => at(&["securityContext", field]),
        ["lifecycle", ..] => at(&["preStop"]),
        ["volumeMounts", path, ..] => {
            let (file, volume) = (at(&["files", path]), at(&["volumes", path]));
            if document.find(&volume).is_some() { volume } else { file }
        }
        _ => component.clone(),
    }
}

fn probe(at: &Route, words: &[&str]) -> Route {
    match words {
        ["httpGet", "path"] => at.join("http"),
        ["httpGet", "scheme"] => at.join("scheme"),
        ["httpGet", "httpHeaders", name, ..] => at.join("httpHeaders").join(name),
        [_, "port"] => at.join("port"),
        ["exec", ..] => at.join("exec"),
        ["grpc", ..] => at.join("grpc"),
        [field] => at.join(field),
        _ => at.clone(),
    }
}

fn metric(object: &Found, index: &str) -> &'static str {
    let metrics = object.node.get("spec").and_then(|it| it.get("metrics")).and_then(Node::as_seq);
    let one = index.parse::<usize>().ok().and_then(|it| metrics?.get(it));
    let name = one.and_then(|it| it.get("resource")?.get("name")?.as_scalar());
    if name.is_some_and(|it| &*it.text == "memory") { "memory" } else { "cpu" }
}

/// The `uses` of the component that a rule lets in.
fn caller(document: &Document, object: &Found, list: &str, index: &str) -> Option<Route> {
    let rule = object.node.get("spec")?.get(list)?.as_seq()?.get(index.parse::<usize>().ok()?)?;
    let peer = rule.get("from")?.as_seq()?.first()?;
    let taken = peer.get("podSelector")?.get("matchLabels")?;
    if let Some(keeper) = adopted::keeper(document, taken) {
        return Some(keeper.join("uses"));
    }
    let name = taken.get(labels::NAME)?.as_scalar()?.text.to_string();
    let uses = COMPONENTS.iter().map(|section| Route::of(&[section, &name, "uses"]));
    uses.into_iter().find(|it| document.find(it).is_some())
}

/// The text at a path of an object.
pub(super) fn text_below(object: &Found, path: &[&str]) -> Option<String> {
    let node = path.iter().try_fold(&object.node, |node, key| node.get(key))?;
    node.as_scalar().map(|it| it.text.to_string())
}

/// Objects outside components: named after what they are made from.
fn of_stack(document: &Document, object: &Found, words: &[&str]) -> Route {
    let name = text_below(object, &["metadata", "name"]).unwrap_or_default();
    match object.kind.as_str() {
        "Namespace" => match words {
            ["metadata", "name"] => namespace(document, &name).join("name"),
            ["metadata", "labels", key] if key.starts_with("pod-security") => {
                namespace(document, &name).join("podSecurity")
            }
            ["metadata", "labels", key] if key.starts_with("istio") => {
                namespace(document, &name).join("mesh")
            }
            ["metadata", "labels", key] => namespace(document, &name).join("labels").join(key),
            _ => namespace(document, &name),
        },
        "ConfigMap" => match words {
            ["data", key] => Route::of(&["configs", &name, "data", key]),
            _ => Route::of(&["configs", &name]),
        },
        "NetworkPolicy" => Route::of(&["network", "policies"]),
        "PeerAuthentication" | "DestinationRule" => Route::of(&["mesh", "istio", "mtls"]),
        "AuthorizationPolicy" => Route::of(&["mesh", "istio", "authorization"]),
        "Certificate" => Route::of(&["certificates", &name]),
        "Gateway" => {
            let at = Route::of(&["gateways", &name, "own"]);
            match words {
                ["metadata", "namespace"] => at.join("namespace"),
                ["spec", "gatewayClassName"] => at.join("class"),
                ["spec", "infrastructure", "annotations", key] => at.join("annotations").join(key),
                ["spec", "listeners", listener, rest @ ..] => {
                    let at = at.join("listeners").join(listener);
                    match rest {
                        [field @ ("port" | "protocol")] => at.join(field),
                        ["hostname"] => at.join("host"),
                        ["tls", ..] => at.join("certificate"),
                        _ => at,
                    }
                }
                _ => at,
            }
        }
        "StorageClass" => {
            let at = Route::of(&["storageClasses", &name]);
            match words {
                ["metadata" | "apiVersion" | "kind", ..] => at,
                _ => words.iter().fold(at, |at, key| at.join(key)),
            }
        }
        "PersistentVolumeClaim" => {
            let at = Route::of(&["claims", &name]);
            match words {
                ["metadata", "namespace"] => at.join("namespace"),
                ["spec", "accessModes", ..] => at.join("accessModes"),
                ["spec", "resources", ..] => at.join("size"),
                ["spec", "storageClassName"] => at.join("storageClass"),
                ["spec", "volumeName"] => at.join("volume"),
                _ => at,
            }
        }
        "PersistentVolume" => {
            let claim = text_below(object, &["spec", "claimRef", "name"]).unwrap_or(name);
            of_volume(document, object, &Route::of(&["claims", &claim]), words)
        }
        _ => secret::origin(document, object, words).unwrap_or_else(Route::root),
    }
}

/// The namespace that has a name in the cluster.
pub(super) fn namespace(document: &Document, cluster_name: &str) -> Route {
    let namespaces = document.root.get("namespaces").and_then(Node::as_map);
    let fits = |(key, entry): &(&std::sync::Arc<str>, &crate::syntax::Entry)| {
        let own = entry.value.get("name").and_then(Node::as_scalar).map(|it| it.text.to_string());
        own.as_deref().unwrap_or(key) == cluster_name
    };
    let found = namespaces.and_then(|it| it.iter().find(fits));
    Route::of(&["namespaces", found.map_or(cluster_name, |(key, _)| &**key)])
}
