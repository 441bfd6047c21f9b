//! Questions to DNS and their answers. They are asked in `system`, and answered by the lab in `practice`.

use hickory_resolver::proto::rr::Name;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Who is asked for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// The same route as programs on this computer take: hosts file, configured resolvers, search rules.
    System,
    /// One DNS server, asked directly.
    Server(SocketAddr),
}

/// A DNS record type (RFC 1035, RFC 2782, RFC 3596).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordKind {
    /// Addresses of both families in the order in which a program here would try them (RFC 6724); by the system only.
    Address,
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Mail exchanger.
    Mx,
    /// Service location.
    Srv,
    /// The name of an address (PTR).
    Ptr,
    /// Text (TXT), such as SPF and DMARC records.
    Txt,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordKind::Address => "address",
            RecordKind::A => "A",
            RecordKind::Aaaa => "AAAA",
            RecordKind::Mx => "MX",
            RecordKind::Srv => "SRV",
            RecordKind::Ptr => "PTR",
            RecordKind::Txt => "TXT",
        })
    }
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An address.
    Address(IpAddr),
    /// An alias: the name that the asked name stands for (CNAME).
    Cname(String),
    /// The name of the address asked for.
    Ptr(String),
    /// A mail exchanger and its preference.
    Mx(u16, String),
    /// A service: priority, weight, port, target.
    Srv(u16, u16, u16, String),
    /// A text, its parts joined without a blank (RFC 7208 section 3.3), at most [`MOST_TEXT`] bytes of it.
    Txt(String),
}

/// The most bytes of a text record that are kept: keys for DKIM have some hundred.
pub const MOST_TEXT: usize = 4096;

/// The outcome of a look-up, with six kinds of "no" that mean six different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Records of the kind asked for, with the aliases on the way, except for [`RecordKind::Address`]: the system's own
    /// look-up does not tell them.
    Records(Vec<Record>),
    /// The name does not exist (RFC 2308 section 2.1).
    NxDomain,
    /// The name exists, but has no record of this kind (RFC 2308 section 2.2).
    NoData,
    /// The resolver failed to find out.
    ServFail,
    /// The resolver refuses to answer us.
    Refused,
    /// Nothing came back.
    Silent,
    /// The resolver cannot be reached: no route, or no resolver configured.
    NoNetwork,
}

impl Answer {
    /// The addresses in it, in the order given.
    pub fn addresses(&self) -> Vec<IpAddr> {
        match self {
            Answer::Records(records) => records
                .iter()
                .filter_map(|record| match record {
                    Record::Address(addr) => Some(*addr),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The text records in it, as they were sent.
    pub fn texts(&self) -> Vec<&str> {
        let Answer::Records(records) = self else { return Vec::new() };
        let texts = records.iter().filter_map(|record| match record {
            Record::Txt(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The word for the report.
    pub fn word(&self) -> &'static str {
        match self {
            Answer::Records(_) => "answer",
            Answer::NxDomain => "nxdomain",
            Answer::NoData => "nodata",
            Answer::ServFail => "servfail",
            Answer::Refused => "refused",
            Answer::Silent => "silent",
            Answer::NoNetwork => "no-network",
        }
    }
}

/// The name under which DNS keeps an address's name (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub fn reverse_name(addr: IpAddr) -> String {
    Name::from(addr).to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_addresses() {
        assert_eq!(reverse_name("198.51.100.20".parse().unwrap()), "20.100.51.198.in-addr.arpa");
        let v6 = reverse_name("2001:db8::1".parse().unwrap());
        assert!(v6.starts_with("1.0.0.0.") && v6.ends_with("8.b.d.0.1.0.0.2.ip6.arpa"), "{v6}");
    }
}
