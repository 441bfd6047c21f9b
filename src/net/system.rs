//! The real network: name look-ups by the system and by hickory-resolver, and the system's TCP.
//!
//! hickory-resolver is the name of trust-dns-resolver since 0.24; the old crate is no longer maintained.

use super::*;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use socket2::SockRef;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use tokio::net::TcpSocket;
use tokio::time::{Instant, timeout};

/// This computer's own network.
pub struct SystemNetwork {
    resolvers: Vec<SocketAddr>,
    own: Vec<IpAddr>,
}

impl SystemNetwork {
    /// With the DNS servers configured here and this computer's own addresses.
    pub fn new(resolvers: Vec<SocketAddr>, own: Vec<IpAddr>) -> Self {
        SystemNetwork { resolvers, own }
    }
}

#[async_trait::async_trait]
impl Network for SystemNetwork {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        match via {
            Via::Server(server) => ask(&[server], name, kind, deadline).await,
            Via::System if kind == RecordKind::Address => self.lookup_as_programs_do(name, deadline).await,
            Via::System => ask(&self.resolvers, name, kind, deadline).await,
        }
    }

    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let first = self.connect_once(to, options).await;
        // "Host unreachable" from our own address is either a local rule, which always answers at once, or nobody
        // answering ARP, which takes the system seconds. A second attempt tells them apart.
        if let Err(failure) = &first
            && self.is_own_host_unreachable(failure)
            && failure.elapsed < Duration::from_millis(900)
        {
            let second = self.connect_once(to, options).await;
            return second.map_err(|mut again| {
                if self.is_own_host_unreachable(&again) && again.elapsed < Duration::from_millis(900) {
                    again.state = PortState::Denied;
                }
                again
            });
        }
        first
    }
}

impl SystemNetwork {
    /// getaddrinfo decides, since mail programs use it; which kind of "no" it was is then asked of the same resolvers
    /// directly.
    async fn lookup_as_programs_do(&self, name: &str, deadline: Duration) -> Answer {
        let by_system = timeout(deadline, tokio::net::lookup_host((name.to_owned(), 0)));
        let directly = async {
            match ask(&self.resolvers, name, RecordKind::A, deadline).await {
                // For a name with only an IPv6 address, a missing IPv4 address is not "no data".
                Answer::NoData => ask(&self.resolvers, name, RecordKind::Aaaa, deadline).await,
                answer => answer,
            }
        };
        let by_system = async { by_system.await.ok().and_then(Result::ok).map(Vec::from_iter).unwrap_or_default() };
        tokio::pin!(by_system, directly);
        let mut answer = None;
        loop {
            tokio::select! {
                found = &mut by_system => {
                    if !found.is_empty() {
                        return addresses(found);
                    }
                    break;
                }
                direct = &mut directly, if answer.is_none() => answer = Some(direct),
            }
        }
        match answer {
            Some(answer) => directly_or_silent(answer),
            None => directly_or_silent(directly.await),
        }
    }

    fn is_own(&self, addr: IpAddr) -> bool {
        addr.is_loopback() || self.own.contains(&addr)
    }

    fn is_own_host_unreachable(&self, failure: &ConnectFailure) -> bool {
        failure.state == PortState::Unreachable
            && failure.icmp.is_some_and(|icmp| self.is_own(icmp.from) && !icmp.is_time_exceeded())
    }

    async fn connect_once(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let started = Instant::now();
        let fail = |error: io::Error, icmp: Option<Icmp>| {
            let (state, os) = errors::connect_failure(&error, icmp, |addr| self.is_own(addr));
            ConnectFailure { state, os, icmp, local_port: None, elapsed: started.elapsed() }
        };
        let socket = match to {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }
        .map_err(|error| fail(error, None))?;
        // The system would choose a port only while it connects, and forget it with the connection.
        let local_port = bind(&socket, to);
        let fail = |error: io::Error, icmp: Option<Icmp>| ConnectFailure { local_port, ..fail(error, icmp) };
        let usual_ttl = match options.ttl {
            Some(ttl) => Some(set_ttl(&SockRef::from(&socket), to, u32::from(ttl)).map_err(|error| fail(error, None))?),
            None => None,
        };
        if let Some(mss) = options.mss {
            set_mss(&SockRef::from(&socket), mss).map_err(|error| fail(error, None))?;
        }
        #[cfg(any(target_os = "linux", windows))]
        let queue = icmp::ErrorQueue::of(&socket, to);
        #[cfg(any(target_os = "linux", windows))]
        let take_icmp = || queue.as_ref().and_then(icmp::ErrorQueue::take);
        #[cfg(not(any(target_os = "linux", windows)))]
        let take_icmp = || None;
        match timeout(options.deadline, socket.connect(to)).await {
            Ok(Ok(stream)) => {
                if let Some(ttl) = usual_ttl {
                    let _ = set_ttl(&SockRef::from(&stream), to, ttl);
                }
                let _ = stream.set_nodelay(true);
                let local = stream.local_addr().ok();
                let retransmissions = retransmissions(&stream);
                Ok(Connection { stream: Box::new(stream), local, elapsed: started.elapsed(), retransmissions })
            }
            Ok(Err(error)) => Err(fail(error, take_icmp())),
            Err(_) => Err(fail(io::ErrorKind::TimedOut.into(), take_icmp())),
        }
    }
}

/// A port of our own for a connection; `None` if there is none to be had beforehand.
fn bind(socket: &TcpSocket, to: SocketAddr) -> Option<u16> {
    let any = match to {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    socket.bind(SocketAddr::new(any, 0)).ok()?;
    socket.local_addr().ok().map(|local| local.port())
}

fn directly_or_silent(answer: Answer) -> Answer {
    match answer {
        // The resolver knows the name, but this computer's own look-up failed: programs here do not get an answer.
        Answer::Records(_) => Answer::Silent,
        other => other,
    }
}

fn addresses(found: Vec<SocketAddr>) -> Answer {
    let mut records: Vec<Record> = Vec::new();
    for addr in found {
        let record = Record::Address(addr.ip());
        if !records.contains(&record) {
            records.push(record);
        }
    }
    Answer::Records(records)
}

#[cfg(unix)]
fn set_mss(socket: &SockRef<'_>, mss: u16) -> io::Result<()> {
    socket.set_tcp_mss(u32::from(mss))
}

#[cfg(not(unix))]
fn set_mss(_socket: &SockRef<'_>, _mss: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sets the time to live and returns the previous one.
fn set_ttl(socket: &SockRef<'_>, to: SocketAddr, ttl: u32) -> io::Result<u32> {
    match to {
        SocketAddr::V4(_) => {
            let usual = socket.ttl_v4()?;
            socket.set_ttl_v4(ttl)?;
            Ok(usual)
        }
        SocketAddr::V6(_) => {
            let usual = socket.unicast_hops_v6()?;
            socket.set_unicast_hops_v6(ttl)?;
            Ok(usual)
        }
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "TCP_INFO has no safe wrapper in the libraries we use")]
fn retransmissions(stream: &tokio::net::TcpStream) -> Option<u32> {
    use std::os::fd::AsRawFd;
    // SAFETY: `tcp_info` is a C structure of integers alone, for which all zeroes is a value. The pointer is to a local that
    // lives through the call and is not otherwise borrowed; `length` is its size, and the kernel writes at most so much
    // (getsockopt(2)), less if it is older: then the rest stays zero. The descriptor is open: `stream` owns it, and is
    // borrowed until the end of this function.
    unsafe {
        let mut info: libc::tcp_info = std::mem::zeroed();
        let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
        let result = libc::getsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            std::ptr::from_mut(&mut info).cast(),
            &raw mut length,
        );
        (result == 0).then_some(info.tcpi_total_retrans)
    }
}

#[cfg(not(target_os = "linux"))]
fn retransmissions(_stream: &tokio::net::TcpStream) -> Option<u32> {
    None
}

/// Asks DNS servers directly, all at once; the first that answers counts.
async fn ask(servers: &[SocketAddr], name: &str, kind: RecordKind, deadline: Duration) -> Answer {
    let record_type = match kind {
        RecordKind::A | RecordKind::Address => RecordType::A,
        RecordKind::Aaaa => RecordType::AAAA,
        RecordKind::Mx => RecordType::MX,
        RecordKind::Srv => RecordType::SRV,
        RecordKind::Ptr => RecordType::PTR,
        RecordKind::Txt => RecordType::TXT,
    };
    if servers.is_empty() {
        return Answer::NoNetwork;
    }
    let mut waiting: futures::stream::FuturesUnordered<_> =
        servers.iter().map(|server| ask_one(*server, name, record_type, deadline)).collect();
    let mut worst = Answer::NoNetwork;
    while let Some(answer) = futures::StreamExt::next(&mut waiting).await {
        match answer {
            Answer::Records(_) | Answer::NxDomain | Answer::NoData => return answer,
            Answer::ServFail => worst = Answer::ServFail,
            Answer::Refused if worst != Answer::ServFail => worst = Answer::Refused,
            Answer::Silent if worst == Answer::NoNetwork => worst = Answer::Silent,
            _ => {}
        }
    }
    worst
}

async fn ask_one(server: SocketAddr, name: &str, record_type: RecordType, deadline: Duration) -> Answer {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    config.trust_negative_responses = true;
    let config = ResolverConfig::from_name_servers(vec![config]);
    let mut builder = hickory_resolver::Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = deadline.mul_f32(0.3).max(Duration::from_millis(500));
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
    let Ok(resolver) = builder.build() else { return Answer::NoNetwork };
    let name = if name.ends_with('.') { name.to_owned() } else { format!("{name}.") };
    match timeout(deadline, resolver.lookup(name, record_type)).await {
        Err(_) => Answer::Silent,
        Ok(Ok(found)) => {
            let records: Vec<Record> =
                found.answers().iter().take(64).filter_map(|record| from_rdata(&record.data)).collect();
            if records.iter().all(|record| matches!(record, Record::Cname(_))) {
                Answer::NoData
            } else {
                Answer::Records(records)
            }
        }
        Ok(Err(error)) => from_error(&error),
    }
}

fn from_rdata(data: &RData) -> Option<Record> {
    let text = |name: &hickory_resolver::proto::rr::Name| {
        let name = name.to_ascii();
        name.strip_suffix('.').unwrap_or(&name).to_ascii_lowercase()
    };
    match data {
        RData::A(a) => Some(Record::Address(IpAddr::V4(a.0))),
        RData::AAAA(aaaa) => Some(Record::Address(IpAddr::V6(aaaa.0))),
        RData::CNAME(name) => Some(Record::Cname(text(&name.0))),
        RData::PTR(name) => Some(Record::Ptr(text(&name.0))),
        RData::MX(mx) => Some(Record::Mx(mx.preference, text(&mx.exchange))),
        RData::TXT(txt) => {
            let joined = txt.txt_data.concat();
            Some(Record::Txt(String::from_utf8_lossy(&joined[..joined.len().min(dns::MOST_TEXT)]).into_owned()))
        }
        RData::SRV(srv) => Some(Record::Srv(srv.priority, srv.weight, srv.port, text(&srv.target))),
        _ => None,
    }
}

fn from_error(error: &NetError) -> Answer {
    let from_code = |code: ResponseCode| match code {
        ResponseCode::NXDomain => Answer::NxDomain,
        ResponseCode::NoError => Answer::NoData,
        ResponseCode::Refused => Answer::Refused,
        _ => Answer::ServFail,
    };
    match error {
        NetError::Dns(DnsError::NoRecordsFound(no)) => from_code(no.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => from_code(*code),
        NetError::Dns(_) | NetError::Proto(_) => Answer::ServFail,
        NetError::Io(error)
            if matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) =>
        {
            Answer::NoNetwork
        }
        _ => Answer::Silent,
    }
}
