//! A certificate: what it says, for whom it is, what is too weak, whether its chain is whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::machine::Trust;
use mailtriage::probe::{certificate, chain};
use mailtriage_fuzz::assert_visible;

fuzz_target!(|input: &[u8]| {
    let trust = Trust { public_roots: Some(vec![input.to_vec()]), ..Trust::default() };
    let _ = chain::is_public(&trust, &[input.to_vec(), input.to_vec()], "smtp.example.com", 1_800_000_000);
    let Ok(certificate) = certificate::parse(input) else { return };
    let _ = (certificate.is_for("smtp.example.com"), certificate.is_for("203.0.113.5"), certificate.weaknesses());
    for text in [&certificate.subject, &certificate.issuer, &certificate.issuer_organisation, &certificate.serial] {
        assert_visible("the certificate", text);
    }
    certificate.names.iter().for_each(|name| assert_visible("the certificate", name));
});
