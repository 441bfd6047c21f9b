//! One log-in over a dialogue (RFC 4954) with rsasl's mechanisms: what is sent, what of it is shown, and that no
//! secret appears in what is written down. Whether and where to log in is not decided here.

use super::secret::{Attempt, Secret};
use super::smtp::{Dialogue, Line, NoReply, REPLY, Reply, Side};
use super::veil::Veil;
use crate::text::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use md5::Md5;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session, SessionError, State};
use rsasl::property::{AuthId, AuthzId, OAuthBearerKV, OAuthBearerToken, Password};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The log-in mechanisms that this program can use with a password (RFC 4616, RFC 2195, RFC 7677, RFC 5802; LOGIN was
/// never standardised), in the order of trying, which is that of mail programs: Thunderbird tries PLAIN, then LOGIN, and
/// CRAM-MD5 only if it is told to; hardly any program knows SCRAM. Some servers offer CRAM-MD5 or SCRAM but cannot check
/// it, and their refusal would make a right password look wrong.
pub const FOR_PASSWORDS: [&str; 5] = ["PLAIN", "LOGIN", CRAM_MD5, "SCRAM-SHA-256", "SCRAM-SHA-1"];
const CRAM_MD5: &str = "CRAM-MD5";
/// The mechanisms for a token (RFC 7628; XOAUTH2 is Google's and Microsoft's own, and the only one that Exchange
/// accepts).
pub const FOR_TOKENS: [&str; 2] = ["OAUTHBEARER", "XOAUTH2"];

/// Why a log-in ended without a decision by the server.
#[derive(Debug)]
pub enum NoAnswer {
    /// The connection or the server failed.
    Theirs(NoReply),
    /// Our own SASL library failed: the server is not to blame.
    Ours(String),
}

impl From<NoReply> for NoAnswer {
    fn from(why: NoReply) -> Self {
        NoAnswer::Theirs(why)
    }
}

/// Gives the mechanism its name and secret, of which it has a copy for as long as the exchange lasts; that is wiped.
struct Credentials {
    user: String,
    attempt: Attempt,
    /// The server's name and port, for OAUTHBEARER (RFC 7628 section 3.1).
    server: (String, String),
}

impl SessionCallback for Credentials {
    fn callback(&self, _: &SessionData, _: &Context<'_>, request: &mut Request<'_>) -> Result<(), SessionError> {
        request.satisfy::<AuthId>(&self.user)?;
        match &self.attempt.secret {
            Secret::Password(password) => {
                request.satisfy::<Password>(password.expose_secret().as_bytes())?;
            }
            Secret::Token(token) => {
                request.satisfy::<AuthzId>(&self.user)?;
                request.satisfy::<OAuthBearerToken>(token.expose_secret())?;
                request.satisfy::<OAuthBearerKV>(&[("host", &self.server.0), ("port", &self.server.1)])?;
            }
        }
        Ok(())
    }
}

/// One attempt to log in.
pub struct Exchange<'a> {
    /// The mechanism's name.
    pub mechanism: &'a str,
    /// The log-in name.
    pub user: &'a str,
    /// The server's name.
    pub host: &'a str,
    /// The server's port.
    pub port: u16,
    /// The password or token.
    pub attempt: &'a Attempt,
}

impl Exchange<'_> {
    /// The server's final reply, and what it says about a token that it refuses. From here on the dialogue keeps the
    /// secret out of everything that the server says: some servers echo what they do not understand.
    pub async fn run(&self, dialogue: &mut Dialogue) -> (Result<Reply, NoAnswer>, Option<Vec<u8>>) {
        let secret = match &self.attempt.secret {
            Secret::Password(secret) | Secret::Token(secret) => secret.expose_secret().as_bytes(),
        };
        dialogue.veil(secret);
        let mut document = None;
        let reply = self.talk(dialogue, &mut document).await;
        if self.mechanism.starts_with("SCRAM") || self.mechanism == CRAM_MD5 {
            hide_challenges(&mut dialogue.lines);
        }
        (reply, document.map(|document| Veil::over(secret).cut(&document)))
    }

    async fn talk(&self, dialogue: &mut Dialogue, document: &mut Option<Vec<u8>>) -> Result<Reply, NoAnswer> {
        let ours = |what: &str| NoAnswer::Ours(what.to_owned());
        if let (CRAM_MD5, Secret::Password(password)) = (self.mechanism, &self.attempt.secret) {
            return self.cram_md5(dialogue, password).await;
        }
        let credentials = Credentials {
            user: self.user.to_owned(),
            attempt: self.attempt.clone(),
            server: (self.host.to_owned(), self.port.to_string()),
        };
        let config =
            SASLConfig::builder().with_defaults().with_callback(credentials).map_err(|_| ours("no configuration"))?;
        let name = Mechname::parse(self.mechanism.as_bytes()).map_err(|_| ours("no such mechanism"))?;
        let mut session =
            SASLClient::new(config).start_suggested(&[name]).map_err(|_| ours("mechanism not built in"))?;
        let mut is_last = false;
        let mut command = Zeroizing::new(format!("AUTH {}", self.mechanism).into_bytes());
        if session.are_we_first() {
            let (first, last) = step(&mut session, None).map_err(|_| ours("first step failed"))?;
            command.push(b' ');
            command.extend_from_slice(&first);
            dialogue.veil_answer(&first);
            is_last = last;
        }
        let shown = format!("AUTH {} ********", self.mechanism);
        let mut reply = dialogue.ask(&command, Some(&shown), REPLY).await?;
        // A mechanism has few rounds; a server that asks for more is not serious.
        for _ in 0..4 {
            if reply.code != 334 {
                return Ok(reply);
            }
            // Everything has been said: a server that asks again would get the password once more.
            if is_last && !self.attempt.secret.is_token() {
                dialogue.ask(b"*", None, REPLY).await?;
                return Err(theirs("the server asks again for what it was already sent"));
            }
            let answer = self.answer(&mut session, &reply, document);
            reply = match answer {
                Some((answer, last)) => {
                    is_last = last;
                    dialogue.veil_answer(&answer);
                    dialogue.ask(&answer, Some("********"), REPLY).await?
                }
                // RFC 4954 section 4: an asterisk ends the exchange.
                None => {
                    dialogue.ask(b"*", None, REPLY).await?;
                    return Err(ours("the server's challenge makes no sense"));
                }
            };
        }
        if reply.code == 334 {
            dialogue.ask(b"*", None, REPLY).await?;
            return Err(theirs("the server keeps asking for more"));
        }
        Ok(reply)
    }

    /// One challenge, answered with the name and the challenge's keyed digest (RFC 2195 section 2): rsasl does not have
    /// it.
    async fn cram_md5(&self, dialogue: &mut Dialogue, password: &SecretString) -> Result<Reply, NoAnswer> {
        let reply = dialogue.ask(b"AUTH CRAM-MD5", None, REPLY).await?;
        if reply.code != 334 {
            return Ok(reply);
        }
        let Some(challenge) = challenge_of(&reply) else {
            dialogue.ask(b"*", None, REPLY).await?;
            return Err(NoAnswer::Ours("the server's challenge makes no sense".to_owned()));
        };
        let digest = keyed_digest(password.expose_secret().as_bytes(), &challenge);
        let answer = Zeroizing::new(STANDARD.encode(format!("{} {}", self.user, *digest)).into_bytes());
        dialogue.veil_answer(&answer);
        dialogue.veil(digest.as_bytes());
        let reply = dialogue.ask(&answer, Some("********"), REPLY).await?;
        if reply.code == 334 {
            dialogue.ask(b"*", None, REPLY).await?;
            return Err(theirs("the server keeps asking for more"));
        }
        Ok(reply)
    }

    /// The answer to a challenge, and whether it is the last one; `None` if the challenge makes no sense.
    fn answer(
        &self,
        session: &mut Session,
        reply: &Reply,
        document: &mut Option<Vec<u8>>,
    ) -> Option<(Zeroizing<Vec<u8>>, bool)> {
        let challenge = challenge_of(reply)?;
        if self.attempt.secret.is_token() {
            *document = Some(challenge);
            // This ends the exchange after a refused token (RFC 7628 section 3.2.3; XOAUTH2: an empty line).
            let end = if self.mechanism == "OAUTHBEARER" { "AQ==" } else { "" };
            return Some((Zeroizing::new(end.as_bytes().to_vec()), true));
        }
        if rounds_in(&challenge).is_some_and(|rounds| rounds > MOST_ROUNDS) {
            return None;
        }
        step(session, Some(&challenge)).ok()
    }
}

/// As many rounds of hashing as are made for SCRAM: about a second. RFC 7677 section 4 asks for 4,096 at least; a server
/// that wants many more wants to keep us busy.
const MOST_ROUNDS: u64 = 600_000;

/// The iteration count in the server's first SCRAM message (RFC 5802 section 5.1).
fn rounds_in(challenge: &[u8]) -> Option<u64> {
    let mut parts = challenge.split(|byte| *byte == b',');
    let count = parts.find_map(|part| part.strip_prefix(b"i="))?;
    Some(std::str::from_utf8(count).ok()?.parse().unwrap_or(u64::MAX))
}

/// The challenge in a reply with the code 334 (RFC 4954 section 4).
fn challenge_of(reply: &Reply) -> Option<Vec<u8>> {
    let text = reply.lines.last().and_then(|line| line.get(4..)).unwrap_or_default();
    STANDARD.decode(text.trim_ascii()).ok()
}

/// HMAC-MD5 (RFC 2104) in hexadecimal digits.
fn keyed_digest(password: &[u8], challenge: &[u8]) -> Zeroizing<String> {
    let mut mac = Hmac::<Md5>::new_from_slice(password).expect("HMAC takes a key of any length");
    mac.update(challenge);
    Zeroizing::new(hex(&mac.finalize().into_bytes()))
}

fn theirs(what: &'static str) -> NoAnswer {
    NoAnswer::Theirs(NoReply::Senseless(what))
}

/// One answer of the mechanism, as base64, and whether it was the last one.
fn step(session: &mut Session, challenge: Option<&[u8]>) -> Result<(Zeroizing<Vec<u8>>, bool), ()> {
    let mut out = Zeroizing::new(Vec::with_capacity(1024));
    let state = session.step(challenge, &mut *out).map_err(|_| ())?;
    // After a last challenge that only proves the server's identity (SCRAM), an empty line confirms that it did.
    if let State::Finished(rsasl::prelude::MessageSent::No) = state {
        return Ok((Zeroizing::new(Vec::new()), true));
    }
    let is_last = matches!(state, State::Finished(_));
    Ok((Zeroizing::new(STANDARD.encode(&*out).into_bytes()), is_last))
}

/// Salt, nonces and the server's signature would let a reader of the report try passwords offline (RFC 5802 section
/// 9).
fn hide_challenges(lines: &mut [Line]) {
    for line in lines.iter_mut().filter(|line| line.side == Side::Server && line.text.starts_with("334 ")) {
        line.text = "334 ********".to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_2195() {
        let digest = keyed_digest(b"tanstaaftanstaaf", b"<1896.697170952@postoffice.reston.mci.net>");
        assert_eq!(*digest, "b913a602c7eda7a495b4e6e7334d3890");
    }
}
