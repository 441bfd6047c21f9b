//! Which root certificates are trusted, and files with them.

use super::files;
use std::path::Path;

/// All the issuers that systems come with fit into 1 MiB.
const MOST_PEM_BYTES: u64 = 16 * 1024 * 1024;

/// Which root certificates count.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Additional roots, as DER.
    pub extra_roots: Vec<Vec<u8>>,
    /// Whether the system's own roots count too.
    pub system_roots: bool,
    /// The roots that count as public, as DER; without these, Mozilla's list.
    pub public_roots: Option<Vec<Vec<u8>>>,
}

impl Default for Trust {
    fn default() -> Self {
        Trust { extra_roots: Vec::new(), system_roots: true, public_roots: None }
    }
}

/// The certificates of a PEM file, as DER. The error is a message for people.
pub fn read_pem(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let pem = files::read(path, MOST_PEM_BYTES).map_err(|error| error.to_string())?;
    let mut roots = Vec::new();
    for block in x509_parser::pem::Pem::iter_from_buffer(files::without_mark(&pem)) {
        let block = block.map_err(|error| error.to_string())?;
        if block.label == "CERTIFICATE" {
            roots.push(block.contents);
        }
    }
    match roots.is_empty() {
        true => Err("there is no certificate in it".to_owned()),
        false => Ok(roots),
    }
}
