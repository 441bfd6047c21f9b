//! Which root certificates are trusted.

/// Which root certificates count.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Additional roots, as DER.
    pub extra_roots: Vec<Vec<u8>>,
    /// Whether the system's own roots count too.
    pub system_roots: bool,
}

impl Default for Trust {
    fn default() -> Self {
        Trust { extra_roots: Vec::new(), system_roots: true }
    }
}
