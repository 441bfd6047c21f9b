//! A log-in at a server that says anything: it ends, and the password is in nothing that is kept.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::probe::sasl::{Exchange, FOR_PASSWORDS, FOR_TOKENS};
use mailtriage::probe::secret::{Attempt, Secret};
use mailtriage::probe::smtp::Dialogue;
use mailtriage_fuzz::{Server, run};
use secrecy::SecretString;

const PASSWORD: &str = "Tr0ub4dor&3";

fuzz_target!(|input: &[u8]| {
    let [which, words @ ..] = input else { return };
    let which = usize::from(*which) % (FOR_PASSWORDS.len() + FOR_TOKENS.len());
    let secret = SecretString::from(PASSWORD);
    let (mechanism, secret) = match FOR_PASSWORDS.get(which) {
        Some(mechanism) => (mechanism, Secret::Password(secret)),
        None => (&FOR_TOKENS[which - FOR_PASSWORDS.len()], Secret::Token(secret)),
    };
    let attempt = Attempt::from(secret);
    let exchange =
        Exchange { mechanism, user: "anna@example.com", host: "smtp.example.com", port: 587, attempt: &attempt };
    run(async {
        let mut dialogue = Dialogue::over(Server::new(words).stream());
        let (reply, document) = exchange.run(&mut dialogue).await;
        let mut kept: Vec<String> = dialogue.lines.iter().map(|line| line.text.clone()).collect();
        kept.extend(reply.map(|reply| reply.as_seen()));
        kept.extend(document.map(|document| String::from_utf8_lossy(&document).into_owned()));
        assert!(kept.iter().all(|text| !text.contains(PASSWORD)), "the password is in {kept:?}");
    });
});
