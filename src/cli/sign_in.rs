//! Signing in on the provider's page, in any browser, for a token in place of a password: the device authorization
//! grant (RFC 8628), as the application whose ID the user or the organisation provides. The token is stored nowhere.

use super::password::is_token;
use super::{Stop, output};
use crate::account::Account;
use crate::account::provider;
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

/// The time limit for one request to the provider.
const LIMIT: Duration = Duration::from_secs(15);

/// The application to sign in as, and the addresses to use.
#[derive(Debug, Clone, Args)]
pub(super) struct SignInArgs {
    /// Signs in on the provider's page, as the application with this id: yours or your organisation's
    #[arg(long, value_name = "ID", help_heading = "Log-in and sending",
          conflicts_with_all = ["password_stdin", "password_command", "password_env", "token_stdin"])]
    oauth_client_id: Option<String>,
    /// The address to ask for a code (RFC 8628), if the provider table does not know it
    #[arg(long, value_name = "URL", requires = "oauth_client_id", help_heading = "Log-in and sending")]
    oauth_device_url: Option<Url>,
    /// The address to ask for the token, if the provider table does not know it
    #[arg(long, value_name = "URL", requires = "oauth_client_id", help_heading = "Log-in and sending")]
    oauth_token_url: Option<Url>,
    /// The scope of the token, if the provider table does not know it; repeatable
    #[arg(long, value_name = "SCOPE", requires = "oauth_client_id", help_heading = "Log-in and sending")]
    oauth_scope: Vec<String>,
}

/// A provider's addresses for signing in, and the scope.
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

/// The requests in a row that got no answer; they are counted because the library would go on until the code expires.
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
    /// Signs in, if that is requested; waits for the person at the browser.
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
        if let Err(why) = can_be_shown(code.user_code().secret(), code.verification_uri().as_str()) {
            return Err(Stop::Usage(format!("the sign-in failed: {why}")));
        }
        output::say(&shown(code.user_code().secret(), code.verification_uri().as_str(), code.expires_in()));
        // Whatever the provider asks for: at most once a second, and at least once a minute.
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
                Some(DeviceCodeErrorResponseType::ExpiredToken) => Some("the code has expired; start again"),
                _ => None,
            };
            Stop::Usage(says(&error, why))
        })?;
        let token = token.access_token().secret();
        if !is_token(token) {
            return Err(Stop::Usage(
                "the sign-in failed: what the provider sent cannot be a token, by its characters or its length (RFC 6750)"
                    .to_owned(),
            ));
        }
        output::say("Signed in.");
        Ok(Some(Secret::Token(SecretString::from(token.clone()))))
    }

    /// Where to sign in: as typed, or otherwise what the provider table says for the address or the configured server.
    fn place(&self, account: &Account) -> Result<Place, Stop> {
        let row = provider::of_domain(account.address.domain());
        let row = row.or_else(|| provider::of_host(account.settings.server()?));
        let known = row.and_then(|row| row.oauth.as_ref());
        let url = |text: &str| Url::parse(text).ok();
        let device = self.oauth_device_url.clone().or_else(|| url(known?.device.as_deref()?));
        let token = self.oauth_token_url.clone().or_else(|| url(&known?.token));
        let mut scopes = self.oauth_scope.clone();
        if scopes.is_empty() {
            scopes.extend(known.iter().flat_map(|known| known.scope.split_whitespace()).map(str::to_owned));
        }
        let (Some(device), Some(token), false) = (device, token, scopes.is_empty()) else {
            return Err(Stop::Usage(
                "sign-in address unknown: give --oauth-device-url, --oauth-token-url and --oauth-scope (the provider \
                 table has them for Microsoft's domains, and with --server smtp.office365.com)"
                    .to_owned(),
            ));
        };
        for url in [&device, &token] {
            if !is_safe(url) {
                return Err(Stop::Usage(format!("{url}: sign-in works over https only")));
            }
        }
        Ok(Place { device, token, scopes })
    }
}

/// Whether nobody on the way can read along: https, or this computer itself.
fn is_safe(url: &Url) -> bool {
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// Whether a person may be asked to open this address and type this code.
fn can_be_shown(code: &str, address: &str) -> Result<(), String> {
    const MOST_CODE: usize = 64;
    const MOST_ADDRESS: usize = 2_048;
    if address.len() > MOST_ADDRESS || !Url::parse(address).is_ok_and(|url| url.scheme() == "https") {
        let address: String = address.chars().take(80).collect();
        return Err(format!("the provider's address for it is not an https address: {address}"));
    }
    match code.chars().count() {
        1..=MOST_CODE => Ok(()),
        _ => Err(format!("the provider's code does not have 1 to {MOST_CODE} characters")),
    }
}

/// The code and the address, large enough to be read out over the phone.
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
    let answer =
        answer.map_err(|why| Failed(format!("{}: {}", url.host_str().unwrap_or("the provider"), why.says().text)))?;
    let response = oauth2::http::Response::builder().status(answer.status).body(answer.body);
    response.map_err(|error| Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Address, Given};

    #[test]
    fn where_the_table_says() {
        let place = |address: &str, server: Option<&str>| {
            let mut account = Account::new(Address::parse(address).unwrap());
            account.settings.server = server.map(|server| Given::typed(server.to_owned().into()));
            SignInArgs { oauth_client_id: None, oauth_device_url: None, oauth_token_url: None, oauth_scope: vec![] }
                .place(&account)
        };
        let work = place("anna@office365.com", None).unwrap();
        assert_eq!(work.device.as_str(), "https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode");
        assert_eq!(work.scopes, ["https://outlook.office.com/SMTP.Send"]);
        let china = place("anna@example.com", Some("smtp.partner.outlook.cn")).unwrap();
        assert_eq!(china.token.host_str(), Some("login.partner.microsoftonline.cn"));
        let government = place("anna@example.com", Some("smtp.office365.us")).unwrap();
        assert_eq!(government.scopes, ["https://outlook.office365.us/SMTP.Send"]);
        // Google gives no scope for mail with this grant.
        assert!(place("anna@gmail.com", None).is_err());
    }

    #[test]
    fn nobody_is_sent_to_an_unsafe_address() {
        assert!(can_be_shown("WDJB-MJHT", "https://example.com/device").is_ok());
        for address in ["javascript:alert(1)", "http://example.com/", "file:///etc/passwd", "", "example.com/device"] {
            assert!(can_be_shown("WDJB-MJHT", address).unwrap_err().contains("not an https address"), "{address}");
        }
        let long = format!("https://example.com/{}", "x".repeat(3_000));
        assert!(can_be_shown("WDJB-MJHT", &long).is_err_and(|why| why.len() < 200));
        assert!(can_be_shown("", "https://example.com/").is_err());
        assert!(can_be_shown(&"W".repeat(65), "https://example.com/").is_err());
    }

    #[test]
    fn what_a_provider_sends_does_nothing_to_the_terminal() {
        let text = shown("AB\u{1b}[31m", "https://example.com/\u{202e}", Duration::from_secs(900));
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && text.contains("15 minutes"), "{text}");
    }
}
