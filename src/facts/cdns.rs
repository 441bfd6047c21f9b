//! Web proxies (content delivery networks) that carry no mail, recognised by the headers of their pages and by their
//! addresses: the table `cdns.toml`.

use crate::packed::TABLES;
use crate::pages::table;
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cdn {
    /// What to call it.
    pub name: String,
    headers: Vec<String>,
    #[serde(default)]
    networks: Vec<String>,
}

static ROWS: LazyLock<Vec<Cdn>> =
    LazyLock::new(|| table::rows("cdns.toml", "cdn", TABLES.text("cdns").unwrap_or_default()));

/// The one whose pages come with such header lines.
pub fn of_headers(lines: &[String]) -> Option<&'static Cdn> {
    let lines: Vec<String> = lines.iter().map(|line| line.to_lowercase()).collect();
    ROWS.iter().find(|row| row.headers.iter().any(|head| lines.iter().any(|line| line.starts_with(head))))
}

/// The one to which an address belongs.
pub fn of_address(addr: IpAddr) -> Option<&'static Cdn> {
    ROWS.iter().find(|row| row.networks.iter().any(|network| holds(network, addr)))
}

/// Whether a network, `ADDRESS/BITS`, holds an address.
fn holds(network: &str, addr: IpAddr) -> bool {
    let Some((base, bits)) = network.split_once('/') else { return false };
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (base.parse(), addr) {
        (Ok(IpAddr::V4(base)), IpAddr::V4(addr)) => (base.to_bits() ^ addr.to_bits()).leading_zeros() >= bits,
        (Ok(IpAddr::V6(base)), IpAddr::V6(addr)) => (base.to_bits() ^ addr.to_bits()).leading_zeros() >= bits,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers() {
        let by_header = |line: &str| of_headers(&[line.to_owned()]).map(|row| row.name.as_str());
        assert_eq!(by_header("Server: cloudflare"), Some("Cloudflare"));
        assert_eq!(by_header("Server: nginx"), None);
        let by_address = |addr: &str| of_address(addr.parse().unwrap()).map(|row| row.name.as_str());
        assert_eq!(by_address("104.21.3.4"), Some("Cloudflare"));
        assert_eq!(by_address("2606:4700:3030::1"), Some("Cloudflare"));
        assert_eq!((by_address("104.32.0.1"), by_address("203.0.113.5")), (None, None));
        let is_network =
            |text: &String| text.split_once('/').is_some_and(|(base, _)| holds(text, base.parse().unwrap()));
        assert!(ROWS.iter().all(|row| !row.headers.is_empty() && row.networks.iter().all(is_network)));
    }
}
