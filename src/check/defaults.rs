//! What a run asks, besides the account's own provider, unless told otherwise: other companies' servers, pages that
//! show portals, public resolvers. docs/privacy.md lists them; each belongs to a different owner.

use super::options::{Connectivity, Expect, Reference};
use std::net::{IpAddr, SocketAddr};
use url::Url;

/// Mail servers of different companies, at least three for each mail port, and two literal addresses on 443, so that a
/// resolver that fails is not mistaken for "offline".
pub fn references() -> Vec<Reference> {
    let rows: [(&str, &[u16]); 8] = [
        ("smtp.gmail.com", &[465, 587, 443]),
        ("mail.gmx.net", &[465, 587]),
        ("smtp.mail.me.com", &[587]),
        ("smtp.fastmail.com", &[465, 587]),
        ("gmail-smtp-in.l.google.com", &[25]),
        ("mx00.gmx.net", &[25]),
        ("1.1.1.1", &[443]),
        ("9.9.9.9", &[443]),
    ];
    let mut references: Vec<Reference> =
        rows.iter().map(|(host, ports)| Reference { host: (*host).to_owned(), ports: ports.to_vec() }).collect();
    references.push(Reference { host: "mx01.mail.icloud.com".to_owned(), ports: vec![25] });
    references
}

/// The pages by which Windows and Apple's systems find portals.
pub fn connectivity() -> Vec<Connectivity> {
    ["http://www.msftconnecttest.com/connecttest.txt", "http://captive.apple.com/hotspot-detect.html"]
        .iter()
        .filter_map(|url| Url::parse(url).ok())
        .map(page)
        .collect()
}

/// Addresses of different owners that accept connections on 443 by IPv6: Cloudflare's and Quad9's.
pub fn v6_hosts() -> Vec<IpAddr> {
    ["2606:4700:4700::1111", "2620:fe::fe"].iter().filter_map(|addr| addr.parse().ok()).collect()
}

/// Cloudflare's and Quad9's public resolvers.
pub fn resolvers() -> Vec<SocketAddr> {
    vec![SocketAddr::from(([1, 1, 1, 1], 53)), SocketAddr::from(([9, 9, 9, 9], 53))]
}

/// A page with the answer that it is known to give; for an unknown page, only success is expected.
pub fn page(url: Url) -> Connectivity {
    let body = match url.path() {
        "/connecttest.txt" => Some("Microsoft Connect Test"),
        "/ncsi.txt" => Some("Microsoft NCSI"),
        "/hotspot-detect.html" => Some("Success"),
        "/success.txt" => Some("success"),
        "/check_network_status.txt" => Some("NetworkManager is online"),
        _ => None,
    };
    Connectivity { url, expect: body.map_or(Expect::Success, |body| Expect::Body(body.to_owned())) }
}
