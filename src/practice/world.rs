//! What a scenario's world consists of, as its TOML file declares it. What happens to a packet in it is in `fate`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// A world: this computer, the way out, the hosts beyond, names, and what is broken.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LabWorld {
    pub(super) machine: LabMachine,
    pub(super) resolver: Resolver,
    /// The routers from this computer to the rest of the world, the nearest first.
    pub(super) router: Vec<Router>,
    /// Hosts by name.
    pub(super) host: BTreeMap<String, Host>,
    /// Names in addition to the hosts' own: `"example.com" = ["MX 10 smtp.example.com"]`.
    #[serde(default)]
    pub(super) dns: BTreeMap<String, Vec<String>>,
    /// Dialogues by name; see `dialogue`.
    #[serde(default)]
    pub(super) dialogue: BTreeMap<String, String>,
    /// What is broken.
    #[serde(default)]
    pub(super) fault: Vec<Fault>,
    /// Lost packets, in percent.
    #[serde(default)]
    pub(super) loss: u64,
}

/// This computer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LabMachine {
    pub(super) hostname: String,
    pub(super) user: String,
    pub(super) os: String,
    /// Its addresses, each with the length of its prefix: `192.168.1.20/24`.
    pub(super) addresses: Vec<String>,
    /// Our address as servers see it.
    pub(super) public_address: IpAddr,
    #[serde(default = "yes")]
    pub(super) routed_v4: bool,
    #[serde(default)]
    pub(super) routed_v6: bool,
    #[serde(default)]
    pub(super) proxy: Option<String>,
    /// The address of the script that chooses a web proxy.
    #[serde(default)]
    pub(super) proxy_script: Option<String>,
    /// What the system says that this script chooses, as Windows does: `host:port`, or `direct`.
    #[serde(default)]
    pub(super) proxy_chosen: Option<Vec<String>>,
    /// The lines of the hosts file: `10.9.9.9 smtp.example.com`.
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    /// A VPN's interface.
    #[serde(default)]
    pub(super) vpn: Option<LabVpn>,
    /// What its firmware says about maker and model.
    #[serde(default)]
    pub(super) firmware: Vec<String>,
    /// Whether the system tells an ordinary user about ICMP messages; Linux does.
    #[serde(default = "yes")]
    pub(super) hears_routers: bool,
    /// A firewall that is switched on.
    #[serde(default)]
    pub(super) firewall: Option<String>,
    /// The name of the system's TLS library. Its handshakes are still made by the real one.
    pub(super) tls_library: String,
    /// Files below the home folder, by path: what mail programs have stored.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
    /// The registry, as regedit exports it.
    #[serde(default)]
    pub(super) registry: String,
    /// The names of the running programs.
    #[serde(default)]
    pub(super) programs: Vec<String>,
    /// How many seconds the rest of the world's clock is ahead of this computer's.
    #[serde(default)]
    pub(super) clock_behind: i64,
}

/// A VPN's interface. It changes nothing in the world: the routers are those behind it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LabVpn {
    pub(super) name: String,
    pub(super) address: IpAddr,
    /// The addresses to which it leads; all, if none are given.
    #[serde(default)]
    pub(super) only: Vec<IpAddr>,
}

/// This computer's own DNS server.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Resolver {
    pub(super) address: SocketAddr,
    #[serde(default)]
    pub(super) state: ResolverState,
    /// How long it takes to answer, in milliseconds.
    #[serde(default = "usual_lookup")]
    pub(super) takes_ms: u64,
    /// The address that it gives to names that do not exist.
    #[serde(default)]
    pub(super) unknown_names: Option<IpAddr>,
    /// What it says instead of the truth; an empty list means NXDOMAIN.
    #[serde(default)]
    pub(super) says: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ResolverState {
    #[default]
    Answers,
    Silent,
    Servfail,
    Refuses,
    /// It knows no name at all, as one that is meant for a company's inside alone.
    KnowsNothing,
}

/// A device on the way.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Router {
    /// The name by which faults refer to it: `router`, `isp`.
    pub(super) name: String,
    pub(super) v4: IpAddr,
    #[serde(default)]
    pub(super) v6: Option<IpAddr>,
    /// The round trip to it, in milliseconds.
    pub(super) rtt_ms: u64,
}

/// A host beyond the routers.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Host {
    #[serde(default)]
    pub(super) v4: Vec<IpAddr>,
    #[serde(default)]
    pub(super) v6: Vec<IpAddr>,
    /// The round trip to it, in milliseconds.
    #[serde(default = "usual_rtt")]
    pub(super) rtt_ms: u64,
    /// Nothing is there: the last router says so after three seconds.
    #[serde(default)]
    pub(super) down: bool,
    /// The ports that listen.
    #[serde(default)]
    pub(super) port: BTreeMap<String, Port>,
    #[serde(default)]
    pub(super) certificate: Certificate,
    /// The TLS versions that it accepts: `1.0` to `1.3`.
    #[serde(default = "usual_tls")]
    pub(super) tls: Vec<String>,
    /// How many connections it accepts at the same time from one client; beyond that it says 421.
    #[serde(default)]
    pub(super) most_connections: Option<usize>,
}

/// A listening port. One without a dialogue or pages opens and stays silent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Port {
    /// The name of a dialogue, or the dialogue itself.
    #[serde(default)]
    pub(super) dialogue: Option<String>,
    /// Web pages by path: their text; `> URL` sends on to another address, `401 NTLM | Negotiate` wants a
    /// log-in of one of these kinds, `503 text` is the server's own error; `*` is every other path.
    #[serde(default)]
    pub(super) pages: Option<BTreeMap<String, String>>,
    /// Further header lines of every page.
    #[serde(default)]
    pub(super) headers: Vec<String>,
    /// Whether it speaks TLS from the start.
    #[serde(default)]
    pub(super) implicit: bool,
    /// A certificate other than the host's.
    #[serde(default)]
    pub(super) certificate: Option<Certificate>,
    /// What the server does instead of a TLS handshake.
    #[serde(default)]
    pub(super) handshake: Option<HandshakeFault>,
    /// Whether nothing listens here after all.
    #[serde(default)]
    pub(super) closed: bool,
}

/// What a host does in place of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HandshakeFault {
    Cut,
    Silent,
    Refuse,
    /// If TLS 1.3 is offered together with an older version.
    CutNew,
    /// If the ClientHello names the server.
    CutNamed,
    /// If the ClientHello does not fit into one packet.
    CutLarge,
    /// It has TLS 1.2 alone, with DHE parameters of 1,024 bits.
    WeakDh,
    /// It has TLS 1.2 alone, and its certificate an RSA key of 1,024 bits.
    WeakKey,
    /// It has TLS 1.2 alone, and signs with SHA-1 alone.
    Sha1Only,
    /// It has TLS 1.2 alone, with Camellia alone.
    OddSuites,
    /// The same, and it closes the connection in place of an alert.
    OddSuitesCut,
    /// It has TLS 1.2 alone, and no cipher suite that anybody offers.
    NoSuites,
    /// It has TLS 1.2 alone, and no certificate.
    NoCertificate,
}

/// The certificate of a host.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Certificate {
    /// The names that it is for; if none are given, the host's own.
    pub(super) names: Vec<String>,
    /// Valid from and until, in days from now by network time.
    pub(super) from_days: i64,
    pub(super) until_days: i64,
    /// Who signed it; `self` means self-signed.
    pub(super) issuer: String,
    /// Whether this computer trusts that issuer.
    pub(super) trusted: bool,
    /// Whether that issuer is on Mozilla's list; if it is not said, the usual one is where it is trusted.
    pub(super) public: Option<bool>,
    /// Whether it is signed by an intermediate authority whose own certificate the server does not send.
    pub(super) link_missing: bool,
    /// Whether that authority's certificate is on this computer.
    pub(super) link_known: bool,
}

/// Who signs where nothing else is said.
const USUAL_ISSUER: &str = "Practice Lab Root";

impl Certificate {
    pub(super) fn is_public(&self) -> bool {
        self.public.unwrap_or(self.trusted && self.issuer == USUAL_ISSUER)
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Certificate {
            names: vec![],
            from_days: -30,
            until_days: 60,
            issuer: USUAL_ISSUER.to_owned(),
            trusted: true,
            public: None,
            link_missing: false,
            link_known: false,
        }
    }
}

/// Something that is broken in one place for some packets.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Fault {
    /// The place: `this-machine`, a router's name, or a host's.
    pub(super) at: String,
    pub(super) does: Does,
    /// The ports affected; all, if none are given.
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    /// Only packets of this family: 4 or 6.
    #[serde(default)]
    pub(super) family: Option<u8>,
    /// For `redirect`: the host that answers instead.
    #[serde(default)]
    pub(super) to: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Does {
    /// Nothing comes back.
    Drop,
    /// A reset comes back.
    Reset,
    /// ICMP "port unreachable" comes back, which many firewalls send.
    Reject,
    /// ICMP "administratively prohibited" comes back.
    Prohibit,
    /// ICMP "no route to that network" comes back.
    NoRoute,
    /// The system itself refuses (EACCES); on this computer only.
    Deny,
    /// Another host answers.
    Redirect,
    /// It opens, but large packets vanish, and nothing reports it.
    DropLarge,
}

fn yes() -> bool {
    true
}

fn usual_lookup() -> u64 {
    2
}

fn usual_rtt() -> u64 {
    20
}

fn usual_tls() -> Vec<String> {
    vec!["1.2".to_owned(), "1.3".to_owned()]
}

impl LabWorld {
    /// The machine's addresses, each with its prefix.
    pub(super) fn own_addresses(&self) -> Vec<(IpAddr, u8)> {
        let parsed = self.machine.addresses.iter().filter_map(|text| {
            let (addr, prefix) = text.split_once('/')?;
            Some((addr.parse().ok()?, prefix.parse().ok()?))
        });
        parsed.collect()
    }

    /// The address that the hosts file gives for a name.
    pub(super) fn listed(&self, name: &str) -> Option<IpAddr> {
        let lines = self.machine.hosts.iter().filter_map(|line| line.split_once(' '));
        lines.filter(|(_, listed)| *listed == name).find_map(|(addr, _)| addr.parse().ok())
    }

    /// The host with this address.
    pub(super) fn host_at(&self, addr: IpAddr) -> Option<(&str, &Host)> {
        let found = self.host.iter().find(|(_, host)| host.v4.contains(&addr) || host.v6.contains(&addr));
        found.map(|(name, host)| (name.as_str(), host))
    }
}
