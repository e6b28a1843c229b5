//! Routes of gateways, Ingresses, and the stack's own gateways.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1 as net;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::k8s::crd::gateway_api::gateway::{
    AllowedRoutes, CertificateRef, Gateway, GatewaySpec, Infrastructure, Listener, ListenerTls,
    RouteNamespaces,
};
use crate::k8s::crd::gateway_api::grpc_route::{GRPCRoute, GrpcMatch, GrpcRouteSpec, GrpcRule, MethodMatch};
use crate::k8s::crd::gateway_api::http_route::{
    HTTPRoute, HttpFilter, HttpMatch, HttpRouteSpec, HttpRule, PathMatch, PathRewrite, Timeouts, UrlRewrite,
};
use crate::k8s::crd::gateway_api::reference_grant::{GrantFrom, GrantTo, ReferenceGrant, ReferenceGrantSpec};
use crate::k8s::crd::gateway_api::{BackendRef, ParentRef};
use crate::k8s::{Object, labels};
use crate::model::{
    self, Expose, GrpcExpose, HostName, HttpExpose, IngressExpose, LabelKey, ListenerProtocol, Name, PathRule,
};
use crate::resolve::{Component, Resolved, Split, metadata};

/// The objects that let requests from outside in to a component.
pub(super) fn objects(resolved: &Resolved, component: &Component) -> Vec<Object> {
    let expose = resolved.service(component).and_then(|it| it.fields.expose.as_ref());
    match expose {
        Some(Expose::Http(http)) => self::http(resolved, component, http),
        Some(Expose::Grpc(grpc)) => vec![self::grpc(resolved, component, grpc).into()],
        Some(Expose::Ingress(ingress)) => vec![self::ingress(resolved, component, ingress).into()],
        Some(Expose::LoadBalancer(_)) | None => Vec::new(),
    }
}

/// The API version and kind of the object that brings requests in, where there is one besides a Service.
pub(super) fn kind(expose: &Expose) -> Option<(&'static str, &'static str)> {
    match expose {
        Expose::Http(_) => Some(("gateway.networking.k8s.io/v1", "HTTPRoute")),
        Expose::Grpc(_) => Some(("gateway.networking.k8s.io/v1", "GRPCRoute")),
        Expose::Ingress(_) => Some(("networking.k8s.io/v1", "Ingress")),
        Expose::LoadBalancer(_) => None,
    }
}

fn http(resolved: &Resolved, component: &Component, http: &HttpExpose) -> Vec<Object> {
    let whole = PathRule {
        exact: false,
        rewrite: None,
        timeout: None,
        port: None,
        backends: indexmap::IndexMap::new(),
    };
    let rules = if http.paths.is_empty() {
        vec![rule(resolved, component, http, "/", &whole)]
    } else {
        http.paths.iter().map(|(path, it)| rule(resolved, component, http, path.as_str(), it)).collect()
    };
    let mut found: Vec<Object> = vec![
        HTTPRoute {
            metadata: metadata(resolved, Some(component), component.called.as_str()),
            spec: HttpRouteSpec {
                hostnames: hosts(&http.hosts.0),
                parent_refs: parents(resolved, component, &http.gateway),
                rules,
            },
        }
        .into(),
    ];
    let own = resolved.namespace(&component.namespace);
    let backends: BTreeSet<&Name> = http.paths.values().flat_map(|it| it.backends.keys()).collect();
    for other in backends.into_iter().filter_map(|it| resolved.components.get(it)) {
        if resolved.namespace(&other.namespace) != own {
            let mut metadata =
                metadata(resolved, Some(component), &format!("{}-{}", component.called, other.name));
            metadata.namespace = Some(resolved.namespace(&other.namespace).to_owned());
            let grant = |name: String| GrantTo { group: "", kind: "Service", name };
            let second = resolved.split(other).map(|it| it.service);
            let spec = ReferenceGrantSpec {
                from: vec![GrantFrom::routes("HTTPRoute", own.to_owned())],
                to: std::iter::once(other.service.to_string()).chain(second).map(grant).collect(),
            };
            found.push(ReferenceGrant { metadata, spec }.into());
        }
    }
    found
}

fn rule(
    resolved: &Resolved,
    component: &Component,
    http: &HttpExpose,
    path: &str,
    rule: &PathRule,
) -> HttpRule {
    let port = component.exposed_port(rule.port.as_ref().or(http.port.as_ref()), "http");
    let own = resolved.namespace(&component.namespace);
    let backend_refs = if rule.backends.is_empty() {
        port.map(|it| own_backends(resolved, component, it.service)).unwrap_or_default()
    } else {
        let others = rule.backends.keys().filter_map(|it| resolved.components.get(it));
        let split = others.into_iter().any(|it| resolved.canary(it).is_some());
        let one = |(name, weight): (&Name, &u32)| {
            let other = resolved.components.get(name)?;
            let port = other.exposed_port(port.map(|it| &it.name), "http")?;
            let namespace = resolved.namespace(&other.namespace);
            let namespace = (namespace != own).then_some(namespace);
            // Of what Argo Rollouts steps through, it changes the shares in routes that lead nowhere else.
            let versions = resolved.split(other).filter(|_| resolved.canary(other).is_some());
            Some(shares(other, versions, namespace, port.service, (*weight, split)))
        };
        rule.backends.iter().filter_map(one).flatten().collect()
    };
    let rewrite = |to: &model::AbsolutePath| HttpFilter {
        kind: "URLRewrite",
        url_rewrite: UrlRewrite {
            path: if rule.exact {
                PathRewrite {
                    kind: "ReplaceFullPath",
                    replace_full_path: Some(to.to_string()),
                    replace_prefix_match: None,
                }
            } else {
                PathRewrite {
                    kind: "ReplacePrefixMatch",
                    replace_full_path: None,
                    replace_prefix_match: Some(to.to_string()),
                }
            },
        },
    };
    HttpRule {
        backend_refs,
        filters: rule.rewrite.iter().map(rewrite).collect(),
        matches: vec![HttpMatch {
            path: PathMatch { kind: if rule.exact { "Exact" } else { "PathPrefix" }, value: path.to_owned() },
        }],
        timeouts: rule.timeout.as_ref().map(|it| Timeouts { request: it.to_string() }),
    }
}

fn grpc(resolved: &Resolved, component: &Component, grpc: &GrpcExpose) -> GRPCRoute {
    let port = component.exposed_port(grpc.port.as_ref(), "grpc");
    let service = |it: &String| GrpcMatch { method: MethodMatch { service: it.clone() } };
    GRPCRoute {
        metadata: metadata(resolved, Some(component), component.called.as_str()),
        spec: GrpcRouteSpec {
            hostnames: hosts(&grpc.hosts.0),
            parent_refs: parents(resolved, component, &grpc.gateway),
            rules: vec![GrpcRule {
                backend_refs: port
                    .map(|it| own_backends(resolved, component, it.service))
                    .unwrap_or_default(),
                matches: grpc.services.iter().map(service).collect(),
            }],
        },
    }
}

fn ingress(resolved: &Resolved, component: &Component, ingress: &IngressExpose) -> net::Ingress {
    let port = component.exposed_port(ingress.port.as_ref(), "http");
    let backend = net::IngressBackend {
        service: Some(net::IngressServiceBackend {
            name: component.service.to_string(),
            port: port.map(|it| net::ServiceBackendPort { number: Some(it.service.into()), name: None }),
        }),
        resource: None,
    };
    let path = |it: &str| net::HTTPIngressPath {
        backend: backend.clone(),
        path: Some(it.to_owned()),
        path_type: "Prefix".to_owned(),
    };
    let paths: Vec<_> = match ingress.paths.0.as_slice() {
        [] => vec![path("/")],
        all => all.iter().map(|it| path(it.as_str())).collect(),
    };
    let rule = |host: &HostName| net::IngressRule {
        host: Some(host.to_string()),
        http: Some(net::HTTPIngressRuleValue { paths: paths.clone() }),
    };
    let mut metadata = metadata(resolved, Some(component), component.called.as_str());
    metadata.annotations = annotations(&ingress.annotations);
    net::Ingress {
        metadata,
        spec: Some(net::IngressSpec {
            default_backend: None,
            ingress_class_name: Some(ingress.class.to_string()),
            rules: Some(ingress.hosts.0.iter().map(rule).collect()),
            tls: ingress.certificate.as_ref().map(|it| {
                vec![net::IngressTLS {
                    hosts: Some(hosts(&ingress.hosts.0)),
                    secret_name: Some(it.to_string()),
                }]
            }),
        }),
        status: None,
    }
}

/// The gateways that the stack makes.
pub(super) fn gateways(resolved: &Resolved) -> Vec<Object> {
    let mut found = Vec::new();
    for (name, gateway) in &resolved.stack.gateways {
        let model::Gateway::Own(own) = gateway else { continue };
        let Some(place) = resolved.gateway(name) else { continue };
        let mut metadata = metadata(resolved, None, name.as_str());
        metadata.namespace = Some(place.namespace.to_owned());
        let allowed = AllowedRoutes {
            namespaces: RouteNamespaces { from: "Selector", selector: callers(resolved, name) },
        };
        let listener = |(name, it): (&Name, &model::Listener)| Listener {
            allowed_routes: allowed.clone(),
            hostname: it.host.as_ref().map(ToString::to_string),
            name: name.to_string(),
            port: it.port.get(),
            protocol: it.protocol.as_str(),
            tls: it.certificate.as_ref().filter(|_| it.protocol == ListenerProtocol::Https).map(|it| {
                ListenerTls {
                    certificate_refs: vec![CertificateRef { name: it.to_string() }],
                    mode: "Terminate",
                }
            }),
        };
        let spec = GatewaySpec {
            gateway_class_name: own.class.to_string(),
            infrastructure: annotations(&own.annotations).map(|annotations| Infrastructure { annotations }),
            listeners: own.listeners.iter().map(listener).collect(),
        };
        found.push(Gateway { metadata, spec }.into());
    }
    found
}

/// The namespaces whose routes a gateway takes: those of the components that name it.
fn callers(resolved: &Resolved, gateway: &Name) -> LabelSelector {
    let names = |component: &&Component| {
        let expose = resolved.service(component).and_then(|it| it.fields.expose.as_ref());
        expose.and_then(Expose::gateway) == Some(gateway)
    };
    let namespaces: BTreeSet<String> = resolved
        .components
        .values()
        .filter(names)
        .map(|it| resolved.namespace(&it.namespace).to_owned())
        .collect();
    LabelSelector {
        match_expressions: Some(vec![
            k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement {
                key: labels::NAMESPACE.to_owned(),
                operator: "In".to_owned(),
                values: Some(namespaces.into_iter().collect()),
            },
        ]),
        match_labels: None,
    }
}

fn parents(resolved: &Resolved, component: &Component, gateway: &Name) -> Vec<ParentRef> {
    let own = resolved.namespace(&component.namespace);
    let parent = resolved.gateway(gateway).map(|place| {
        let namespace = (place.namespace != own).then(|| place.namespace.to_owned());
        ParentRef::new(place.name.to_owned(), namespace, place.listener.map(str::to_owned))
    });
    parent.into_iter().collect()
}

/// The Services that a component's own route leads to.
fn own_backends(resolved: &Resolved, component: &Component, port: u16) -> Vec<BackendRef> {
    let split = resolved.split(component);
    let hundredths = split.is_some();
    shares(component, split, None, port, (1, hundredths))
}

/// The Services of a component's versions with what each gets of a share; in hundredths, where any component of the rule has
/// versions: weights are whole numbers.
fn shares(
    component: &Component,
    split: Option<Split>,
    namespace: Option<&str>,
    port: u16,
    (weight, hundredths): (u32, bool),
) -> Vec<BackendRef> {
    let backend = |name: &str, percent: u32| {
        let weight = if hundredths { weight.saturating_mul(percent) } else { weight };
        BackendRef::new(name.to_owned(), namespace.map(str::to_owned), port, weight)
    };
    match split {
        Some(it) => vec![backend(component.service.as_str(), it.stable), backend(&it.service, it.canary)],
        None => vec![backend(component.service.as_str(), 100)],
    }
}

fn hosts(hosts: &[HostName]) -> Vec<String> {
    hosts.iter().map(ToString::to_string).collect()
}

fn annotations(map: &indexmap::IndexMap<LabelKey, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then(|| map.iter().map(|(key, it)| (key.to_string(), it.clone())).collect())
}
