//! Probes as health checks: commands that a container runs in itself.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::file::HealthCheck;
use super::text::literals;
use crate::model::Duration;

/// Where containers whose image may have nothing that can ask see a static busybox.
pub(super) const BUSYBOX: &str = "/.busybox";

/// What a container's probes become.
#[derive(Debug)]
pub(super) struct Check {
    /// The health check.
    pub(super) check: HealthCheck,
    /// Whether it is busybox that asks.
    pub(super) by_busybox: bool,
}

/// The health check of a container: its readiness, else what else it has. None where nothing can ask.
pub(super) fn check(container: &core::Container, busybox: bool, every: Option<Duration>) -> Option<Check> {
    let startup = container.startup_probe.as_ref();
    let probe = container.readiness_probe.as_ref().or(startup).or(container.liveness_probe.as_ref())?;
    let (test, by_busybox) = command(container, probe)?;
    if by_busybox && !busybox {
        return None;
    }
    let or = |value: Option<i32>, default: i32| value.filter(|it| *it > 0).unwrap_or(default);
    let seconds = |it: i32| format!("{it}s");
    let budget = startup.map(|it| or(it.period_seconds, 10).saturating_mul(or(it.failure_threshold, 3)));
    let start = budget.unwrap_or(0).max(probe.initial_delay_seconds.unwrap_or(0));
    let start = start.clamp(LEAST_START, MOST_START);
    let every = every.map(|it| format!("{}s", it.seconds().max(1)));
    let interval = every.clone().unwrap_or_else(|| seconds(or(probe.period_seconds, 10)));
    Some(Check {
        check: HealthCheck {
            test,
            interval,
            timeout: seconds(or(probe.timeout_seconds, 1)),
            retries: or(probe.failure_threshold, 3).unsigned_abs(),
            start_period: Some(seconds(start)),
            start_interval: Some(every.unwrap_or_else(|| seconds(2))),
        },
        by_busybox,
    })
}

/// Seconds that a program gets to start at least.
const LEAST_START: i32 = 30;
/// Seconds that it gets at most: somebody waits for `up`, and little data is loaded.
const MOST_START: i32 = 300;

/// What runs in the container, and whether busybox does.
fn command(container: &core::Container, probe: &core::Probe) -> Option<(Vec<String>, bool)> {
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => {
            let ports = container.ports.iter().flatten();
            ports.filter(|it| it.name.as_ref() == Some(name)).map(|it| it.container_port).next()
        }
    };
    let by_busybox = |words: Vec<String>| {
        let mut all = vec!["CMD".to_owned(), format!("{BUSYBOX}/busybox")];
        all.extend(words);
        (literals(&all), true)
    };
    let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let connect = |port: i32| by_busybox(words(&["nc", "-z", "127.0.0.1", &port.to_string()]));
    if let Some(exec) = &probe.exec {
        let mut all = vec!["CMD".to_owned()];
        all.extend(exec.command.iter().flatten().cloned());
        return Some((literals(&all), false));
    }
    if let Some(http) = &probe.http_get {
        let secure = http.scheme.as_deref() == Some("HTTPS");
        let scheme = if secure { "https" } else { "http" };
        let mut all = words(&["wget", "-q", "-O", "/dev/null"]);
        if secure {
            all.push("--no-check-certificate".to_owned());
        }
        for header in http.http_headers.iter().flatten() {
            all.extend(["--header".to_owned(), format!("{}: {}", header.name, header.value)]);
        }
        let path = http.path.as_deref().unwrap_or("/");
        all.push(format!("{scheme}://127.0.0.1:{}{path}", port(&http.port)?));
        return Some(by_busybox(all));
    }
    if let Some(tcp) = &probe.tcp_socket {
        return port(&tcp.port).map(connect);
    }
    // Busybox knows nothing of gRPC: that something listens is all that it can say.
    probe.grpc.as_ref().map(|it| connect(it.port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stateful::pieces;

    fn container(probe: core::Probe) -> core::Container {
        core::Container {
            ports: Some(vec![pieces::port("http", 8080)]),
            readiness_probe: Some(probe),
            ..Default::default()
        }
    }

    #[test]
    fn what_asks_is_in_the_container_or_beside_it() {
        let test = |probe, busybox| {
            check(&container(probe), busybox, None).map(|it| (it.check.test.join(" "), it.by_busybox))
        };
        let http = || pieces::http_probe("/ready?a=$b", "http", 5, 3);
        let expected = "CMD /.busybox/busybox wget -q -O /dev/null http://127.0.0.1:8080/ready?a=$$b";
        assert_eq!(test(http(), true), Some((expected.to_owned(), true)));
        assert_eq!(test(http(), false), None);
        let exec = || pieces::exec_probe(&["pg_isready", "-q"], 5, 3);
        assert_eq!(test(exec(), false), Some(("CMD pg_isready -q".to_owned(), false)));
        let tcp = test(pieces::tcp_probe("http", 5, 3), true);
        assert_eq!(tcp, Some(("CMD /.busybox/busybox nc -z 127.0.0.1 8080".to_owned(), true)));
        assert_eq!(test(pieces::tcp_probe("other", 5, 3), true), None);
    }

    #[test]
    fn a_start_takes_as_long_as_its_probe_allows_and_no_longer_than_a_person_waits() {
        let mut it = container(pieces::tcp_probe("http", 5, 4));
        it.startup_probe = Some(pieces::tcp_probe("http", 5, 240));
        let found = check(&it, true, None).expect("busybox can ask").check;
        assert_eq!((found.start_period.as_deref(), found.retries), (Some("300s"), 4));
        let quick = check(&it, true, Some(Duration::parse("1s").expect("a literal")));
        assert_eq!(quick.expect("busybox can ask").check.interval, "1s");
    }
}
