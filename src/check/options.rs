//! What a run needs to know in addition to the account: what it compares with, and its limits; and how each is written, on
//! the command line as in a site file.

use super::defaults;
use super::finding::Group;
use crate::account::address::host_name;
use crate::facts::target::COMPARED_PORTS;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What a run needs to know in addition to the account.
#[derive(Debug, Clone)]
pub struct Options {
    /// Other companies' servers to compare with.
    pub references: Vec<Reference>,
    /// Pages that show whether there is a portal.
    pub connectivity: Vec<Connectivity>,
    /// Resolvers to compare with the system's.
    pub resolvers: Vec<SocketAddr>,
    /// Whether IPv4 is used.
    pub v4: bool,
    /// Whether IPv6 is used.
    pub v6: bool,
    /// The time limit for one connection.
    pub timeout: Duration,
    /// The time limit for the whole run.
    pub deadline: Duration,
    /// Only these groups, and what they depend on; all, if empty.
    pub only: Vec<Group>,
    /// Whether public collections (autoconfig) may be asked for the domain.
    pub public_lookups: bool,
}

impl Default for Options {
    /// The defaults of a run.
    fn default() -> Self {
        Options {
            references: defaults::references(),
            connectivity: defaults::connectivity(),
            resolvers: defaults::resolvers(),
            v4: true,
            v6: true,
            timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(45),
            only: vec![],
            public_lookups: true,
        }
    }
}

/// Another company's server, to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The server's name or address.
    pub host: String,
    /// The ports to try there.
    pub ports: Vec<u16>,
}

impl Reference {
    /// Reads `HOST[:PORT]`; without a port, all that are compared.
    pub fn parse(typed: &str) -> Result<Self, String> {
        if let Ok(addr) = typed.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Reference { host: addr.to_string(), ports: COMPARED_PORTS.to_vec() });
        }
        let (host, ports) = match typed.rsplit_once(':') {
            Some((host, port)) => {
                let number = port.parse::<u16>().ok().filter(|port| *port != 0);
                (host, vec![number.ok_or_else(|| format!("\"{port}\" is not a port"))?])
            }
            None => (typed, COMPARED_PORTS.to_vec()),
        };
        Ok(Reference { host: host_name(host)?, ports })
    }

    /// The same host with several ports as one reference.
    pub fn merged(references: Vec<Reference>) -> Vec<Reference> {
        let mut all: Vec<Reference> = Vec::new();
        for reference in references {
            match all.iter_mut().find(|known| known.host == reference.host) {
                Some(known) => {
                    for port in reference.ports {
                        if !known.ports.contains(&port) {
                            known.ports.push(port);
                        }
                    }
                }
                None => all.push(reference),
            }
        }
        all
    }

    /// Whether it is given by its name, which must be looked up first.
    pub fn has_name(&self) -> bool {
        self.host.parse::<IpAddr>().is_err()
    }
}

/// A page whose exact answer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connectivity {
    /// The page's address; plain HTTP, since portals cannot answer for HTTPS.
    pub url: url::Url,
    /// What it must answer.
    pub expect: Expect,
}

/// What a connectivity page must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Status 204, or 200 with an empty or short plain body: for pages whose text is not known.
    Success,
    /// Status 200 and this text in the body.
    Body(String),
}

/// Reads the address of a DNS server, with or without a port.
pub fn resolver(typed: &str) -> Result<SocketAddr, String> {
    let addr = typed.parse::<IpAddr>().map(|addr| SocketAddr::new(addr, 53));
    addr.or_else(|_| typed.parse())
        .map_err(|_| format!("\"{typed}\" is not the address of a DNS server, such as 192.0.2.53"))
}

/// Reads the address of a page that shows portals.
pub fn connectivity(typed: &str) -> Result<Connectivity, String> {
    let url = url::Url::parse(typed).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(defaults::page).ok_or_else(|| format!("\"{typed}\" is not a web address (http://...)"))
}

/// A limit of time within what is sensible.
pub fn limit(seconds: f64) -> Result<Duration, String> {
    match (0.1..=3_600.0).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("between 0.1 and 3600 seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let both =
            Reference::merged(vec![Reference::parse("a.test:25").unwrap(), Reference::parse("a.test:587").unwrap()]);
        assert_eq!(both, [Reference { host: "a.test".to_owned(), ports: vec![25, 587] }]);
        assert_eq!(Reference::parse("[2001:db8::1]").unwrap().ports.len(), 4);
        assert_eq!(Reference::parse("[2001:db8::1]:25").unwrap().host, "2001:db8::1");
        assert!(Reference::parse("a.test:0").is_err() && Reference::parse("a b").is_err());
        assert_eq!(resolver("192.0.2.53:5353").unwrap().port(), 5353);
        assert!(resolver("dns.example").is_err());
    }
}
