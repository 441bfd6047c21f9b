//! Lists of `tag=value;`, as the records of DKIM and DMARC are written (RFC 6376 section 3.2).

/// The value of a tag.
pub fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let tags = text.split(';').filter_map(|tag| tag.split_once('='));
    tags.map(|(tag, value)| (tag.trim(), value.trim())).find(|(tag, _)| *tag == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert_eq!(tag("v=DKIM1; k=rsa; p=MIIB IjAN", "p"), Some("MIIB IjAN"));
        assert_eq!(tag("v=DKIM1; p=", "p"), Some(""));
        assert_eq!(tag("v=spf1 -all", "p"), None);
    }
}
