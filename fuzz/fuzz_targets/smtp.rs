//! A mail server's greeting and replies, whatever they are: read within bounds, shown as text, looked up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::facts::replies::{self, Phase};
use mailtriage::probe::smtp::{Dialogue, NAMELESS_EHLO, Reply};
use mailtriage_fuzz::{Server, assert_visible, run};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

fuzz_target!(|input: &[u8]| {
    run(async {
        let mut dialogue = Dialogue::over(Server::new(input).stream());
        let _ = dialogue.hears(LIMIT).await;
        if let Ok(greeting) = dialogue.reply(LIMIT).await {
            look(&greeting, Phase::Banner);
            for (command, phase) in [(NAMELESS_EHLO, Phase::Ehlo), (b"AUTH PLAIN", Phase::Auth), (b"MAIL", Phase::Mail)]
            {
                match dialogue.ask(command, None, LIMIT).await {
                    Ok(reply) => look(&reply, phase),
                    Err(_) => break,
                }
            }
        }
        let (_, unread, lines) = dialogue.into_stream();
        assert!(unread.len() <= 64 * 1024, "{} bytes are kept unread", unread.len());
        lines.iter().for_each(|line| assert_visible("the transcript", &line.text));
    });
});

fn look(reply: &Reply, phase: Phase) {
    assert!((100..600).contains(&reply.code) && reply.lines.len() <= 100);
    assert!(reply.lines.iter().map(Vec::len).sum::<usize>() <= 80 * 1024);
    let (joined, seen) = (reply.joined(), reply.as_seen());
    assert_visible("a reply", &joined);
    assert_visible("a reply", &seen);
    let _ = (reply.mechanisms(), replies::meaning(phase, &joined, &seen));
}
