//! The real machine: the one that this program runs on.

use super::registry::Registry;
use super::{
    Chosen, Folder, Local, Machine, Proxy, Trust, Uplinks, addresses, elevated, files, firewall, firmware, hosts,
    programs, proxy, tls, windows,
};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long the system may take to find, fetch and run a script that chooses a proxy.
const LONGEST_CHOICE: Duration = Duration::from_secs(8);

/// This computer.
pub struct SystemMachine {
    trust: Trust,
    local: OnceLock<Local>,
    proxy: OnceCell<Proxy>,
}

impl SystemMachine {
    /// A machine with these roots; it is examined once, when it is first asked.
    pub fn new(trust: Trust) -> Self {
        SystemMachine { trust, local: OnceLock::new(), proxy: OnceCell::new() }
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
            Folder::LocalAppData => std::env::var_os("LOCALAPPDATA").filter(|_| cfg!(windows)).map(PathBuf::from),
            Folder::Config if cfg!(windows) => None,
            Folder::Config => {
                let own = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
                own.or_else(|| Some(etcetera::home_dir().ok()?.join(".config")))
            }
        }
    }

    async fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let path = path.to_owned();
        spawn_blocking(move || files::read(&path, most)).await.map_err(io::Error::other)?
    }

    async fn list(&self, folder: &Path, most: usize) -> Vec<String> {
        let folder = folder.to_owned();
        spawn_blocking(move || files::list(&folder, most)).await.unwrap_or_default()
    }

    async fn proxy(&self) -> Proxy {
        let look = || async { spawn_blocking(|| proxy::configured(registry())).await.unwrap_or_default() };
        self.proxy.get_or_init(look).await.clone()
    }

    async fn chosen_proxy(&self, url: &str) -> Option<Chosen> {
        let script = self.proxy().await.script?;
        let url = url.to_owned();
        let (tell, told) = oneshot::channel();
        // A thread of its own, which the end of the program does not wait for: the system may take very long.
        std::thread::spawn(move || tell.send(proxy::chosen(&script, &url)));
        timeout(LONGEST_CHOICE, told).await.ok()?.ok().flatten()
    }

    fn registry(&self) -> &dyn Registry {
        registry()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

fn registry() -> &'static dyn Registry {
    #[cfg(windows)]
    return &super::registry_windows::SystemRegistry;
    #[cfg(not(windows))]
    return &super::registry::NoRegistry;
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
        firmware: firmware::names(registry()),
        tls_policy: tls::policy(registry()),
        firewall: firewall::switched_on(registry()),
        hostname: whoami::hostname().ok(),
        user: whoami::username().ok(),
        elevated: elevated::is_elevated(),
        os: windows::version(registry())
            .or_else(|| whoami::distro().ok())
            .unwrap_or_else(|| std::env::consts::OS.to_owned()),
        tls_library: tls::library(),
    }
}
