//! Signing in on the provider's page, in any browser, for a token in place of a password: the device authorization grant
//! (RFC 8628), as the application whose id the user or the organisation gives. The token is kept nowhere.

use super::Stop;
use crate::account::Account;
use crate::account::provider::{self, Kind};
use crate::check::secret::Secret;
use crate::probe::http::post_form;
use crate::probe::secure::Library;
use crate::text::visible_str;
use crate::world::World;
use clap::Args;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, ClientId, DeviceAuthorizationUrl, DeviceCodeErrorResponseType, HttpRequest, HttpResponse,
    RequestTokenError, Scope, StandardDeviceAuthorizationResponse, TokenResponse, TokenUrl,
};
use secrecy::SecretString;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use url::Url;

/// The limit of one question to the provider.
const LIMIT: Duration = Duration::from_secs(15);

/// As which application, and where.
#[derive(Debug, Args)]
pub(super) struct SignInArgs {
    /// Signs in on the provider's page, as the application with this id: yours or your organisation's
    #[arg(long, value_name = "ID", help_heading = "Log-in and sending",
          conflicts_with_all = ["password_stdin", "password_command", "password_env", "token_stdin"])]
    oauth_client_id: Option<String>,
    /// Where a code is asked for (RFC 8628); known for Microsoft
    #[arg(long, value_name = "URL", requires = "oauth_client_id", help_heading = "Log-in and sending")]
    oauth_device_url: Option<Url>,
    /// Where the token is asked for; known for Microsoft
    #[arg(long, value_name = "URL", requires = "oauth_client_id", help_heading = "Log-in and sending")]
    oauth_token_url: Option<Url>,
    /// What the token is for; repeatable; known for Microsoft
    #[arg(long, value_name = "SCOPE", requires = "oauth_client_id", help_heading = "Log-in and sending")]
    oauth_scope: Vec<String>,
}

/// Where a provider signs in, and for what.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    device: Url,
    token: Url,
    scopes: Vec<String>,
}

/// Why the provider could not be asked.
#[derive(Debug)]
struct Failed(String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// Questions in a row that got no answer: the library would ask until the code runs out.
#[derive(Default)]
struct Failures {
    count: AtomicU32,
    last: Mutex<String>,
    many: Notify,
}

impl Failures {
    fn note(&self, failed: Option<&Failed>) {
        const MANY: u32 = 4;
        let Some(Failed(why)) = failed else { return self.count.store(0, Ordering::Relaxed) };
        why.clone_into(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner));
        if self.count.fetch_add(1, Ordering::Relaxed) + 1 >= MANY {
            self.many.notify_one();
        }
    }

    async fn too_many(&self) -> String {
        self.many.notified().await;
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SignInArgs {
    /// Signs in, if that is wanted; waits for the person at the browser.
    pub(super) async fn token(&self, account: &Account, world: &World) -> Result<Option<Secret>, Stop> {
        let Some(id) = &self.oauth_client_id else { return Ok(None) };
        let place = self.place(account)?;
        let library = Library::new(world.machine.trust());
        let failures = Failures::default();
        let ask = |request: HttpRequest| async {
            let answer = ask(world, &library, request).await;
            failures.note(answer.as_ref().err());
            answer
        };
        let client = BasicClient::new(ClientId::new(id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(place.device))
            .set_token_uri(TokenUrl::from_url(place.token));
        let scopes = place.scopes.into_iter().map(Scope::new);
        let asked = client.exchange_device_code().add_scopes(scopes).request_async(&ask).await;
        let code: StandardDeviceAuthorizationResponse = asked.map_err(|error| Stop::Usage(says(&error, None)))?;
        eprintln!("{}", shown(code.user_code().secret(), code.verification_uri().as_str(), code.expires_in()));
        // Whatever the provider asks for: not more often than once a second, and once a minute at least.
        if code.interval() > Duration::from_secs(600) {
            return Err(Stop::Usage(
                "the sign-in failed: the provider wants more than ten minutes between questions".to_owned(),
            ));
        }
        let pause =
            |wanted: Duration| tokio::time::sleep(wanted.clamp(Duration::from_secs(1), Duration::from_secs(60)));
        let token = tokio::select! {
            token = client.exchange_device_access_token(&code).request_async(&ask, pause, None) => token,
            why = failures.too_many() => return Err(Stop::Usage(format!("the sign-in failed: {}", visible_str(&why)))),
        };
        let token = token.map_err(|error| {
            let kind = match &error {
                RequestTokenError::ServerResponse(answer) => Some(answer.error()),
                _ => None,
            };
            let why = match kind {
                Some(DeviceCodeErrorResponseType::AccessDenied) => Some("it was refused on the provider's page"),
                Some(DeviceCodeErrorResponseType::ExpiredToken) => Some("the code ran out; start again"),
                _ => None,
            };
            Stop::Usage(says(&error, why))
        })?;
        eprintln!("Signed in.");
        Ok(Some(Secret::Token(SecretString::from(token.access_token().secret().clone()))))
    }

    fn place(&self, account: &Account) -> Result<Place, Stop> {
        let row = provider::of_domain(account.address.domain());
        let row = row.or_else(|| provider::of_host(account.settings.server()?));
        let known = row.and_then(|row| known(row.kind));
        let missing = "nobody told where to sign in: give --oauth-device-url, --oauth-token-url and --oauth-scope \
                       (known without them: Microsoft's domains, and with --server smtp.office365.com)";
        let (device, token, scopes) = match (&self.oauth_device_url, &self.oauth_token_url, known) {
            (Some(device), Some(token), known) => {
                (device.clone(), token.clone(), known.map_or(vec![], |place| place.scopes))
            }
            (None, None, Some(place)) => (place.device, place.token, place.scopes),
            _ => return Err(Stop::Usage(missing.to_owned())),
        };
        let scopes = if self.oauth_scope.is_empty() { scopes } else { self.oauth_scope.clone() };
        for url in [&device, &token] {
            let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
            if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
                return Err(Stop::Usage(format!("{url}: a sign-in goes over https only")));
            }
        }
        match scopes.is_empty() {
            true => Err(Stop::Usage(missing.to_owned())),
            false => Ok(Place { device, token, scopes }),
        }
    }
}

/// Microsoft's endpoints (learn.microsoft.com, "OAuth 2.0 device authorization grant"; "Authenticate an IMAP, POP or SMTP
/// connection using OAuth"). Google gives no mail scope by this grant.
fn known(kind: Kind) -> Option<Place> {
    let tenant = match kind {
        Kind::MicrosoftWork => "organizations",
        Kind::MicrosoftPersonal => "consumers",
        _ => return None,
    };
    let url = |end: &str| Url::parse(&format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{end}")).ok();
    Some(Place {
        device: url("devicecode")?,
        token: url("token")?,
        scopes: vec!["https://outlook.office.com/SMTP.Send".to_owned()],
    })
}

/// Code and address, large enough to be read out by phone.
fn shown(code: &str, address: &str, lasts: Duration) -> String {
    let spaced: Vec<String> = visible_str(code).chars().map(String::from).collect();
    format!(
        "\nSign in once, in any browser, on a phone as well:\n\n    Open   {}\n    Type   {}\n\nValid for {} minutes. \
         Waiting for it; Ctrl-C gives up.\n",
        visible_str(address),
        spaced.join(" "),
        lasts.as_secs() / 60
    )
}

fn says<T>(error: &RequestTokenError<Failed, T>, why: Option<&str>) -> String
where
    T: oauth2::ErrorResponse + std::fmt::Display,
{
    let said = match (why, error) {
        (Some(why), _) => why.to_owned(),
        (None, RequestTokenError::ServerResponse(answer)) => format!("the provider says: {answer}"),
        (None, RequestTokenError::Request(failed)) => failed.to_string(),
        (None, RequestTokenError::Parse(..)) => "the provider's answer is not what RFC 8628 says".to_owned(),
        (None, RequestTokenError::Other(other)) => other.clone(),
    };
    format!("the sign-in failed: {}", visible_str(&said))
}

async fn ask(world: &World, library: &Library, request: HttpRequest) -> Result<HttpResponse, Failed> {
    let url = Url::parse(&request.uri().to_string()).map_err(|error| Failed(error.to_string()))?;
    let answer = post_form(world.net.as_ref(), library, &url, request.body(), LIMIT).await;
    let answer = answer.map_err(|why| Failed(format!("{}: {why}", url.host_str().unwrap_or("the provider"))))?;
    let response = oauth2::http::Response::builder().status(answer.status).body(answer.body);
    response.map_err(|error| Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_microsoft_signs_in() {
        let work = known(Kind::MicrosoftWork).unwrap();
        assert_eq!(work.device.as_str(), "https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode");
        assert_eq!(known(Kind::Google), None);
    }

    #[test]
    fn what_a_provider_sends_does_nothing_to_the_terminal() {
        let text = shown("AB\u{1b}[31m", "https://example.com/\u{202e}", Duration::from_secs(900));
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && text.contains("15 minutes"), "{text}");
    }
}
