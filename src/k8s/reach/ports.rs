//! Ports of connections: one, a range, all of a protocol, all.

use std::fmt;

use k8s_openapi::api::networking::v1::NetworkPolicyPort;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Pod;

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// TCP, the default of every field that names a protocol.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Transport {
    /// As Kubernetes writes it; TCP where it says nothing, none for another word.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("TCP") => Some(Self::Tcp),
            Some("UDP") => Some(Self::Udp),
            Some("SCTP") => Some(Self::Sctp),
            Some(_) => None,
        }
    }

    /// As Kubernetes writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

/// Ports that follow each other, of one protocol or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// The last; at least the first.
    pub last: u16,
    /// The protocol; none: every one.
    pub transport: Option<Transport>,
}

impl Ports {
    /// Every port of every protocol.
    pub const ALL: Self = Self { first: 0, last: u16::MAX, transport: None };

    /// One port.
    #[must_use]
    pub fn one(number: u16, transport: Transport) -> Self {
        Self { first: number, last: number, transport: Some(transport) }
    }

    /// What both have.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let transport = match (self.transport, other.transport) {
            (None, it) | (it, None) => it,
            (Some(a), Some(b)) if a == b => Some(a),
            _ => return None,
        };
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last, transport })
    }

    /// What is left of these without some others, in order. Where these are of every protocol and something is left, all of
    /// them are: what is left of each protocol is nobody's to read.
    #[must_use]
    pub fn without(self, others: &[Self]) -> Vec<Self> {
        let Some(transport) = self.transport else {
            let each = [Transport::Tcp, Transport::Udp, Transport::Sctp];
            let left = |it| !Self { transport: Some(it), ..self }.without(others).is_empty();
            return if each.into_iter().any(left) { vec![self] } else { Vec::new() };
        };
        let mut left = vec![self];
        for other in others.iter().filter(|it| it.transport.is_none_or(|it| it == transport)) {
            left = left.into_iter().flat_map(|it| it.apart(*other)).collect();
        }
        left
    }

    /// What is before and after the numbers of another range.
    fn apart(self, other: Self) -> Vec<Self> {
        let Some(common) = self.and(other) else { return vec![self] };
        let before = common.first.checked_sub(1).filter(|it| *it >= self.first);
        let after = common.last.checked_add(1).filter(|it| *it <= self.last);
        let before = before.map(|last| Self { last, ..self });
        before.into_iter().chain(after.map(|first| Self { first, ..self })).collect()
    }

    /// Whether a port is among them.
    #[must_use]
    pub fn has(self, number: u16, transport: Transport) -> bool {
        self.and(Self::one(number, transport)).is_some()
    }

    /// Whether a number is among them, whatever the protocol.
    #[must_use]
    pub fn holds(self, number: u16) -> bool {
        self.first <= number && number <= self.last
    }
}

/// `5432/TCP`, `30000-30100/UDP`, `every port`.
impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = self.transport.map(Transport::as_str);
        match (*self, transport) {
            (Self { first: 0, last: u16::MAX, .. }, None) => f.write_str("every port"),
            (Self { first: 0, last: u16::MAX, .. }, Some(it)) => write!(f, "every port/{it}"),
            (Self { first, last, .. }, it) => {
                write!(f, "{first}")?;
                if last != first {
                    write!(f, "-{last}")?;
                }
                it.map_or(Ok(()), |it| write!(f, "/{it}"))
            }
        }
    }
}

/// What an entry of a rule's `ports` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PortRule {
    /// By number.
    Numbers(Ports),
    /// By the name that a container of the called pod gives its port: it may be another number in every pod.
    Named(String, Transport),
}

impl PortRule {
    /// An entry; none for one that the API server would refuse.
    pub(super) fn read(port: &NetworkPolicyPort) -> Option<Self> {
        let transport = Transport::parse(port.protocol.as_deref())?;
        let number = |it: i32| u16::try_from(it).ok();
        Some(match &port.port {
            None => Self::Numbers(Ports { transport: Some(transport), ..Ports::ALL }),
            Some(IntOrString::Int(first)) => {
                let (first, last) = (number(*first)?, number(port.end_port.unwrap_or(*first))?);
                let ordered = first <= last;
                ordered.then_some(Self::Numbers(Ports { first, last, transport: Some(transport) }))?
            }
            Some(IntOrString::String(name)) => Self::Named(name.clone(), transport),
        })
    }

    /// The ports that it means of a pod, or of what is none.
    pub(super) fn of(&self, called: Option<&Pod>) -> Vec<Ports> {
        match self {
            Self::Numbers(ports) => vec![*ports],
            Self::Named(name, transport) => {
                let listed = called.into_iter().flat_map(|it| &it.ports);
                let fits = listed.filter(|it| it.name.as_ref() == Some(name) && it.transport == *transport);
                fits.map(|it| Ports::one(it.number, it.transport)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u16, last: u16) -> Ports {
        Ports { first, last, transport: Some(Transport::Tcp) }
    }

    #[test]
    fn what_is_left_of_ports() {
        let (all, tcp) = (Ports::ALL, Ports { transport: Some(Transport::Tcp), ..Ports::ALL });
        assert_eq!(range(10, 20).without(&[]), [range(10, 20)]);
        assert_eq!(range(10, 20).without(&[range(12, 13), range(20, 30)]), [range(10, 11), range(14, 19)]);
        assert_eq!(range(10, 20).without(&[all]), []);
        assert_eq!(
            range(10, 20).without(&[Ports { transport: Some(Transport::Udp), ..all }]),
            [range(10, 20)]
        );
        assert_eq!(all.without(&[tcp]), [all]);
        let others = [Transport::Udp, Transport::Sctp].map(|it| Ports { transport: Some(it), ..all });
        assert_eq!(all.without(&[tcp, others[0], others[1]]), []);
        assert_eq!(tcp.without(&[range(0, 0), range(1, u16::MAX)]), []);
    }
}
