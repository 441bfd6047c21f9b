//! The real machine: the one that this program runs on.

use super::{Folder, Local, Machine, Trust, addresses, firewall, firmware, hosts, programs, proxy, tls};
use std::io::{self, Read};
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
        spawn_blocking(move || read(&path, most)).await.map_err(io::Error::other)?
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

/// A pipe or a device is not opened: reading it might never end.
fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not an ordinary file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} KiB", most / 1024)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prefs.js");
        std::fs::write(&path, "12345678").unwrap();
        assert_eq!(read(&path, 8).unwrap(), b"12345678");
        assert_eq!(read(&path, 7).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(read(folder.path(), 8).is_err());
    }
}
