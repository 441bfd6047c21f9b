//! The seam to this computer: what it is and what it holds, its clock included. What can be reached from it is `net`.
//!
//! `system` is the real machine, `practice::Lab` the lab's. Nothing here is sent, written or judged.

mod addresses;
mod elevated;
pub mod files;
pub mod firewall;
mod firmware;
pub mod hosts;
mod local;
mod programs;
mod proxy;
pub mod recorded;
pub mod registry;
#[cfg(windows)]
mod registry_windows;
pub mod roots;
pub mod security_center;
pub mod system;
mod tls;
mod windows;

pub use local::Local;
pub use proxy::{Chosen, Proxy, Script};
use registry::{NoRegistry, Registry};
pub use roots::Trust;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
pub use tls::policy as tls_policy;

/// Ordinary addresses of the public internet, for asking which way leads there: a root name server's
/// (a.root-servers.net).
pub const ANYWHERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4)), IpAddr::V6(Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30))];

/// The own addresses towards the internet, by IPv4 and by IPv6; `None` where nothing leads there.
pub type Uplinks = [Option<IpAddr>; 2];

/// Everything that this program asks from the computer it runs on.
#[async_trait::async_trait]
pub trait Machine: Send + Sync {
    /// What it knows about itself.
    fn local(&self) -> Local;

    /// Its own address from which packets to that one would be sent; `None` if there is no route. Nothing is sent.
    fn source_for(&self, to: IpAddr) -> Option<IpAddr>;

    /// Its own addresses from which packets to the internet would be sent now. Nothing is sent.
    fn uplinks(&self) -> Uplinks {
        ANYWHERE.map(|to| self.source_for(to))
    }

    /// The address that its hosts file gives for a name.
    async fn hosts_file(&self, name: &str) -> Option<IpAddr>;

    /// The names of the running programs, as far as the system tells an ordinary user.
    async fn programs(&self) -> Vec<String>;

    /// Which certificates are trusted in addition to the system's, or instead of them.
    fn trust(&self) -> Trust;

    /// The path of one of the user's folders; `None` if this system has no such folder.
    fn folder(&self, folder: Folder) -> Option<PathBuf>;

    /// Reads a file; more than `most` bytes are an error (`FileTooLarge`).
    async fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;

    /// The names of the files and folders in a folder, sorted, at most `most`; none if there is no such folder.
    async fn list(&self, folder: &Path, most: usize) -> Vec<String>;

    /// How its programs reach web servers.
    async fn proxy(&self) -> Proxy;

    /// Which web proxy the system says that its script chooses for a page; `None` if it does not say, as only Windows
    /// does.
    async fn chosen_proxy(&self, _url: &str) -> Option<Chosen> {
        None
    }

    /// Its registry.
    fn registry(&self) -> &dyn Registry {
        &NoRegistry
    }

    /// The time by its clock.
    fn now(&self) -> jiff::Timestamp;
}

/// One of the user's folders, in which programs store things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// The home folder.
    Home,
    /// Windows: `%APPDATA%`, which organisations may keep outside the home folder.
    AppData,
    /// Windows: `%LOCALAPPDATA%`, which stays on this computer.
    LocalAppData,
    /// Everywhere but on Windows: `$XDG_CONFIG_HOME`, usually `~/.config` (XDG Base Directory Specification).
    Config,
}
