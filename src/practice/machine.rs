//! The lab's machine: what a scenario says about the computer, its files and its clock.

use super::lab::Lab;
use super::tls::Authorities;
use crate::machine::registry::Registry;
use crate::machine::{Chosen, Folder, Local, Machine, Proxy, Script, Trust, tls_policy};
use crate::text::small_sort::Gather;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Where the user's files are.
const HOME: &str = "/home/user";

#[async_trait::async_trait]
impl Machine for Lab {
    fn local(&self) -> Local {
        let machine = &self.world.machine;
        Local {
            addresses: self.world.own_addresses(),
            routed_v4: machine.routed_v4,
            routed_v6: machine.routed_v6,
            sees_icmp: machine.hears_routers,
            resolvers: vec![self.world.resolver.address],
            tls_policy: tls_policy(&self.registry),
            vpn: machine.vpn.as_ref().map(|vpn| vpn.name.clone()),
            vpn_addresses: machine.vpn.iter().map(|vpn| vpn.address).collect(),
            firmware: machine.firmware.clone(),
            firewall: machine.firewall.clone(),
            hostname: Some(machine.hostname.clone()),
            user: Some(machine.user.clone()),
            elevated: false,
            os: machine.os.clone(),
            tls_library: machine.tls_library.clone(),
        }
    }

    fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        let vpn = self.world.machine.vpn.as_ref().filter(|vpn| vpn.only.is_empty() || vpn.only.contains(&to));
        let own = self.world.own_addresses().into_iter().map(|(addr, _)| addr);
        vpn.map(|vpn| vpn.address).into_iter().chain(own).find(|addr| addr.is_ipv4() == to.is_ipv4())
    }

    async fn hosts_file(&self, name: &str) -> Option<IpAddr> {
        self.world.listed(name)
    }

    async fn programs(&self) -> Vec<String> {
        self.world.machine.programs.clone()
    }

    fn trust(&self) -> Trust {
        // Each issuer, and whether the intermediate authority below it is known here.
        let mut issuers: BTreeMap<&str, bool> = BTreeMap::new();
        let mut public: BTreeSet<&str> = BTreeSet::new();
        let hosts = self.world.host.values();
        let certificates = hosts
            .flat_map(|host| host.port.values().filter_map(|port| port.certificate.as_ref()).chain([&host.certificate]))
            .filter(|certificate| certificate.issuer != "self");
        for certificate in certificates {
            let issuer = certificate.issuer.as_str();
            if certificate.trusted {
                *issuers.entry(issuer).or_default() |= certificate.link_known;
            }
            if certificate.is_public() {
                public.insert(issuer);
            }
        }
        let middle = |(name, known): (&&str, &bool)| known.then(|| Authorities::middle(name)).flatten();
        let roots = issuers.keys().filter_map(|name| Authorities::root(name));
        let extra_roots = roots.chain(issuers.iter().filter_map(middle)).collect();
        let public_roots = public.iter().filter_map(|name| Authorities::root(name)).collect();
        Trust { extra_roots, system_roots: false, public_roots: Some(public_roots) }
    }

    fn folder(&self, folder: Folder) -> Option<PathBuf> {
        let is_windows = self.world.machine.os.starts_with("Windows");
        let below = match folder {
            Folder::Home => "",
            Folder::AppData if is_windows => "AppData/Roaming",
            Folder::LocalAppData if is_windows => "AppData/Local",
            Folder::Config if !is_windows => ".config",
            _ => return None,
        };
        Some(Path::new(HOME).join(below))
    }

    async fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let below = path.strip_prefix(HOME).map_err(io::Error::other)?;
        let found = self.world.machine.files.iter().find(|(name, _)| Path::new(name) == below);
        let text = found.map(|(_, text)| text.clone().into_bytes()).ok_or(io::ErrorKind::NotFound)?;
        if text.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
    }

    async fn list(&self, folder: &Path, most: usize) -> Vec<String> {
        let Ok(folder) = folder.strip_prefix(HOME) else { return Vec::new() };
        let below = self.world.machine.files.keys().filter_map(|name| Path::new(name).strip_prefix(folder).ok());
        let names = below.filter_map(|below| Some(below.components().next()?.as_os_str().to_str()?.to_owned()));
        let names: BTreeSet<String> = names.gather();
        names.into_iter().take(most).collect()
    }

    async fn proxy(&self) -> Proxy {
        let machine = &self.world.machine;
        let script = machine.proxy_script.clone().map(|at| Script { at: Some(at), detect: false });
        Proxy { at: machine.proxy.clone(), not_for: Vec::new(), script }
    }

    async fn chosen_proxy(&self, _url: &str) -> Option<Chosen> {
        let ways = self.world.machine.proxy_chosen.as_ref()?;
        Some(Chosen::Ways(ways.iter().map(|way| Some(way.clone()).filter(|way| way != "direct")).collect()))
    }

    fn registry(&self) -> &dyn Registry {
        &self.registry
    }

    fn now(&self) -> jiff::Timestamp {
        let (began, at) = self.began;
        began + at.elapsed()
    }
}
