//! Where the password or token comes from: never from an argument.

use super::Stop;
use crate::account::Account;
use crate::check::secret::{Attempt, Secret};
use crate::text::reason;
use crate::world::World;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// The ways to provide a password.
#[derive(Debug, Clone, Args)]
pub(super) struct PasswordArgs {
    /// Reads the password from standard input, one line
    #[arg(long, help_heading = "Log-in and sending")]
    password_stdin: bool,
    /// Runs a command and takes the first line of its output as the password
    #[arg(long, value_name = "CMD", conflicts_with = "password_stdin", help_heading = "Log-in and sending")]
    password_command: Option<String>,
    /// Takes the password from an environment variable
    #[arg(long, value_name = "VAR", conflicts_with_all = ["password_stdin", "password_command"], help_heading = "Log-in and sending")]
    password_env: Option<String>,
    /// Reads an OAuth access token from standard input
    #[arg(long, conflicts_with_all = ["password_stdin", "password_command", "password_env"], help_heading = "Log-in and sending")]
    token_stdin: bool,
    #[command(flatten)]
    pub(super) sign_in: super::sign_in::SignInArgs,
    /// After an accepted log-in, sends one short message to the address itself
    #[arg(long, help_heading = "Log-in and sending")]
    test_message: bool,
    /// Logs in although this server's certificate does not verify: the server's operator can read the password
    #[arg(long, value_name = "HOST", help_heading = "Log-in and sending")]
    log_in_unverified: Option<String>,
}

/// Anything longer is not a password, but a mistake.
const MOST_BYTES: usize = 4_096;
/// The whole output of a command; only its first line is used.
const MOST_OUTPUT: usize = 64 * 1024;
/// A command may ask a person something first.
const PATIENCE: Duration = Duration::from_secs(300);
/// Microsoft's tokens have a few thousand characters.
const MOST_TOKEN_BYTES: usize = 32_768;

impl PasswordArgs {
    /// The log-in that is requested, if a password or token was provided or is obtained by signing in.
    pub(super) async fn read(&self, account: Option<&Account>, world: &World) -> Result<Option<Attempt>, Stop> {
        let mut secret = match self.token_stdin {
            true => {
                piped()?;
                Some(Secret::Token(token(standard_input()?)?))
            }
            false => self.password(account).await?.map(Secret::Password),
        };
        if let (None, Some(account)) = (&secret, account) {
            secret = self.sign_in.token(account, world).await?;
        }
        let Some(secret) = secret else {
            let without =
                [(self.test_message, "--test-message"), (self.log_in_unverified.is_some(), "--log-in-unverified")];
            return match without.iter().find(|(given, _)| *given) {
                Some((_, option)) => {
                    Err(Stop::Usage(format!("{option} needs a password: --password-stdin, for example")))
                }
                None => Ok(None),
            };
        };
        let unverified = self.log_in_unverified.as_ref().map(|host| host.trim().to_ascii_lowercase());
        Ok(Some(Attempt { secret, message: self.test_message, agreed: None, unverified, shown: None }))
    }

    async fn password(&self, account: Option<&Account>) -> Result<Option<SecretString>, Stop> {
        if self.password_stdin {
            piped()?;
            return first_line(standard_input()?, "on standard input").map(Some);
        }
        if let Some(name) = &self.password_env {
            let value = std::env::var(name).map(Zeroizing::new);
            let value =
                value.map_err(|_| format!("--password-env: there is no variable {name}, or it is not UTF-8"))?;
            return first_line(value.as_bytes(), &format!("in the variable {name}")).map(Some);
        }
        if let Some(command) = &self.password_command {
            return from_command(command, account).await.map(Some);
        }
        Ok(None)
    }
}

/// Refuses a terminal: what is typed there would be seen, and stay visible.
fn piped() -> Result<(), Stop> {
    match io::stdin().is_terminal() {
        true => Err(Stop::Usage(
            "standard input is a terminal, where everybody sees what is typed: pipe the password in, or start \
                          mailtriage ADDRESS and press p"
                .to_owned(),
        )),
        false => Ok(()),
    }
}

/// Standard input without the standard library's buffer, which would keep a copy to the end.
fn standard_input() -> Result<File, Stop> {
    #[cfg(unix)]
    let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let input = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    input.map(File::from).map_err(|error| Stop::Usage(format!("standard input could not be read: {}", reason(&error))))
}

/// The token in a line, held to RFC 6750.
fn token(source: impl Read) -> Result<SecretString, Stop> {
    let token = line(source, "token", "on standard input", MOST_TOKEN_BYTES)?;
    match is_token(token.expose_secret()) {
        true => Ok(token),
        false => Err(Stop::Usage(
            "what is on standard input is not a token: it contains spaces or other characters (RFC 6750)".to_owned(),
        )),
    }
}

/// Whether a text has a token's characters (RFC 6750 section 2.1: no spaces, no line ends within) and is not too long.
pub(super) fn is_token(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~+/=".contains(&c);
    !text.is_empty() && text.len() <= MOST_TOKEN_BYTES && text.bytes().all(is_allowed)
}

async fn from_command(command: &str, account: Option<&Account>) -> Result<SecretString, Stop> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    // Whose password is asked for, where one command knows many.
    let address = account.map(|account| account.address.to_string()).unwrap_or_default();
    let user = account.and_then(|account| account.settings.user()).unwrap_or(&address);
    let child = Command::new(shell)
        .args([flag, command])
        .envs([("MAILTRIAGE_ADDRESS", &*address), ("MAILTRIAGE_USER", user)])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn();
    let mut child = child.map_err(|error| format!("--password-command could not be run: {}", reason(&error)))?;
    // Large enough from the beginning: a copy that is left behind when it grows would not be wiped.
    let mut said = Zeroizing::new(Vec::with_capacity(2 * MOST_OUTPUT));
    let ended = timeout(PATIENCE, async {
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MOST_OUTPUT as u64 + 1).read_to_end(&mut said).await?;
        }
        // One that goes on is not waited for.
        if said.len() > MOST_OUTPUT { Ok(None) } else { child.wait().await.map(Some) }
    });
    match ended.await {
        Ok(Ok(Some(status))) if status.success() => first_line(said.as_slice(), "from the command"),
        Ok(Ok(Some(status))) => Err(Stop::Usage(format!("--password-command failed ({status})"))),
        Ok(Ok(None)) => Err(Stop::Usage(format!("--password-command wrote more than {} KiB", MOST_OUTPUT / 1024))),
        Ok(Err(error)) => Err(Stop::Usage(format!("--password-command could not be run: {}", reason(&error)))),
        Err(_) => {
            Err(Stop::Usage(format!("--password-command did not end within {} minutes", PATIENCE.as_secs() / 60)))
        }
    }
}

/// The password: the first line without its line end; everything else in the line belongs to it.
fn first_line(source: impl Read, from: &str) -> Result<SecretString, Stop> {
    line(source, "password", from, MOST_BYTES)
}

fn line(mut source: impl Read, what: &str, from: &str, most: usize) -> Result<SecretString, Stop> {
    // As large as it may become: growing would leave copies behind.
    let mut bytes = Zeroizing::new(vec![0; most + 1]);
    let mut length = 0;
    while length < bytes.len() && !bytes[..length].contains(&b'\n') {
        match source.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::Usage(format!("the {what} {from} could not be read: {}", reason(&error)))),
        }
    }
    let line = match bytes[..length].iter().position(|byte| *byte == b'\n') {
        Some(end) => bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]),
        None => &bytes[..length],
    };
    if line.is_empty() {
        return Err(Stop::Usage(format!("the {what} {from} is empty; leave the option out to check without a log-in")));
    }
    if line.len() > most {
        return Err(Stop::Usage(format!("the {what} {from} is longer than {most} bytes")));
    }
    let text = std::str::from_utf8(line).map_err(|_| format!("the {what} {from} is not UTF-8"))?;
    if text.contains('\0') {
        return Err(Stop::Usage(format!("the {what} {from} contains a NUL byte, which no log-in can send")));
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_end_is_removed() {
        let read = |bytes: &[u8]| first_line(bytes, "here").map(|password| password.expose_secret().to_owned());
        assert_eq!(read(b" correct horse \r\nrest").unwrap(), " correct horse ");
        assert_eq!(read(b"x").unwrap(), "x");
        assert!(matches!(read(b"\n"), Err(Stop::Usage(why)) if why.contains("empty")));
        assert!(
            read(b"").is_err() && read(b"a\0b\n").is_err() && read(&[b'x'; 5000]).is_err() && read(b"\xff\n").is_err()
        );
    }
}
