//! A server's answer to our ClientHello: records, alerts, ServerHello, certificates, key exchange.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::probe::hello::{self, Heard};
use mailtriage::probe::version::Version;
use mailtriage::probe::{certificate, hello::weakness};
use mailtriage_fuzz::{Server, assert_visible, run};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

fuzz_target!(|input: &[u8]| {
    let heard = run(async { hello::ask(&mut Server::new(input), "smtp.example.com", Version::Tls12, LIMIT).await });
    assert_visible("the answer", &heard.says());
    if let Heard::Chose(_, suite, chain, exchange) = &heard {
        assert!(chain.len() <= 16);
        let _ = (weakness(*suite), hello::is_dhe(*suite), exchange.is_signed_with_sha1());
        chain.iter().for_each(|der| drop(certificate::parse(der)));
    }
    let _ = hello::chosen(input.get(2..).unwrap_or_default());
});
