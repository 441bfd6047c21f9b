//! The real machine: the one that this program runs on.

use super::{
    Folder, Local, Machine, Trust, Uplinks, addresses, files, firewall, firmware, hosts, programs, proxy, tls,
};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tokio::task::spawn_blocking;

/// This computer.
pub struct SystemMachine {
    trust: Trust,
    local: OnceLock<Local>,
}

impl SystemMachine {
    /// A machine with these roots; it is examined once, when it is first asked.
    pub fn new(trust: Trust) -> Self {
        SystemMachine { trust, local: OnceLock::new() }
    }
}

#[async_trait::async_trait]
impl Machine for SystemMachine {
    fn local(&self) -> Local {
        self.local.get_or_init(look).clone()
    }

    fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        addresses::source_for(to)
    }

    fn uplinks(&self) -> Uplinks {
        addresses::uplinks()
    }

    async fn hosts_file(&self, name: &str) -> Option<IpAddr> {
        let name = name.to_owned();
        spawn_blocking(move || hosts::address_of(&name)).await.ok().flatten()
    }

    async fn programs(&self) -> Vec<String> {
        spawn_blocking(programs::running).await.unwrap_or_default()
    }

    fn trust(&self) -> Trust {
        self.trust.clone()
    }

    fn folder(&self, folder: Folder) -> Option<PathBuf> {
        match folder {
            Folder::Home => etcetera::home_dir().ok(),
            Folder::AppData => std::env::var_os("APPDATA").filter(|_| cfg!(windows)).map(PathBuf::from),
        }
    }

    async fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let path = path.to_owned();
        spawn_blocking(move || files::read(&path, most)).await.map_err(io::Error::other)?
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

fn look() -> Local {
    let (addresses, vpn) = addresses::interfaces();
    let (vpn, vpn_addresses) = vpn.map_or((None, vec![]), |(name, addresses)| (Some(name), addresses));
    let (routed_v4, routed_v6) = addresses::routes();
    Local {
        addresses,
        routed_v4,
        routed_v6,
        sees_icmp: crate::net::icmp::is_told(),
        resolvers: addresses::resolvers(),
        vpn,
        vpn_addresses,
        firmware: firmware::names(),
        tls_policy: tls::policy(),
        firewall: firewall::switched_on(),
        proxy: proxy::configured(),
        hostname: whoami::hostname().ok(),
        user: whoami::username().ok(),
        elevated: is_elevated(),
        os: whoami::distro().unwrap_or_else(|_| std::env::consts::OS.to_owned()),
        tls_library: tls::library(),
    }
}

#[cfg(unix)]
fn is_elevated() -> bool {
    #[cfg(target_os = "linux")]
    return nix::unistd::geteuid().is_root();
    #[cfg(not(target_os = "linux"))]
    return whoami::username().is_ok_and(|user| user == "root");
}

#[cfg(not(unix))]
fn is_elevated() -> bool {
    // Finding out on Windows needs its security API; until that is used, we do not claim it.
    false
}
