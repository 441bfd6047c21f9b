//! Which root certificates are trusted.

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
