//! The form: the address first; everything else may stay empty. The fields for what the program has now are never
//! filled in with what the provider wants; that is shown next to them.

mod known;
mod rows;

use super::help::Help;
use super::menu::Menu;
use super::parts;
use crate::account::stored::{Found, StoredAccount};
use crate::account::{Account, Address, MeasuredOn, Security, Server, Values, client};
use crate::facts::pasted;
use crate::session::Event;
use crate::tui::core::Core;
use crate::tui::effect::{Effect, Request};
use crate::tui::field::Field;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::Scroll;
use crate::tui::theme::Theme;
use crate::tui::view::{Next, View};
use known::{provider, told};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rows::{NOT_KNOWN, Rows, place_says, security_says};

/// The fields, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Address,
    Program,
    MeasuredOn,
    Error,
    Server,
    Port,
    Security,
    User,
    Ticket,
}

const ORDER: [At; 9] =
    [At::Address, At::Program, At::MeasuredOn, At::Error, At::Server, At::Port, At::Security, At::User, At::Ticket];

const PLACES: [MeasuredOn; 3] = [MeasuredOn::ThisMachine, MeasuredOn::SameNetwork, MeasuredOn::Elsewhere];
const SECURITIES: [Option<Security>; 5] =
    [None, Some(Security::Implicit), Some(Security::Starttls), Some(Security::Auto), Some(Security::None)];

/// What has been typed.
pub struct Form {
    at: usize,
    address: Field,
    /// Zero stands for "not known".
    program: usize,
    measured_on: usize,
    error: Field,
    server: Field,
    port: Field,
    security: usize,
    user: Field,
    ticket: Field,
    /// What is already known; whatever the form has no field for is kept.
    base: Account,
    /// What mail programs on this computer have stored: used for the typed address, in every field that is left empty.
    stored: Found,
    /// Which of these accounts was chosen.
    chosen: Option<usize>,
    /// Whether a case is open already.
    edits: bool,
    /// What is wrong with the marked field.
    why: Option<String>,
    /// What is known about the address typed so far.
    known: String,
    /// What was typed on a choice, to find it by its name.
    typed: String,
    scroll: Scroll,
}

impl Form {
    /// A new case, with what is already known, and the accounts that mail programs have stored.
    pub fn new_case(account: &Account, stored: Found) -> Self {
        let mut form = Form { at: 0, edits: false, stored, ..Form::edit(account) };
        if account.address == Address::default() {
            form.address = Field::default();
        }
        form.typed();
        form
    }

    /// The form filled in with what is known about an account.
    pub fn edit(account: &Account) -> Self {
        let text = |text: &Option<String>| Field::with(text.as_deref().unwrap_or_default());
        let program = client::all().iter().position(|client| Some(&client.id) == account.client.as_ref());
        let settings = account.settings.values();
        Form {
            at: 3,
            address: Field::with(&account.address.to_string()),
            program: program.map_or(0, |index| index + 1),
            measured_on: place(account.measured_on),
            error: account.error.as_deref().map(Field::of_text).unwrap_or_default(),
            server: Field::with(settings.server.as_ref().map_or("", Server::written)),
            port: Field::with(&settings.port.map_or_else(String::new, |port| port.to_string())),
            security: SECURITIES.iter().position(|security| *security == settings.security).unwrap_or(0),
            user: text(&settings.user),
            ticket: text(&account.ticket),
            base: account.clone(),
            stored: Found::default(),
            chosen: None,
            edits: true,
            why: None,
            known: provider(&account.address.to_string()),
            typed: String::new(),
            scroll: Scroll::default(),
        }
    }

    /// The program that is chosen.
    fn client(&self) -> Option<&'static client::Client> {
        client::all().get(self.program.checked_sub(1)?)
    }

    fn field(&mut self) -> Option<&mut Field> {
        match ORDER[self.at] {
            At::Address => Some(&mut self.address),
            At::Error => Some(&mut self.error),
            At::Server => Some(&mut self.server),
            At::Port => Some(&mut self.port),
            At::User => Some(&mut self.user),
            At::Ticket => Some(&mut self.ticket),
            At::Program | At::MeasuredOn | At::Security => None,
        }
    }

    /// Moves to another choice; in a text field, moves the cursor.
    fn turn(&mut self, by: isize) {
        let turned = |value: usize, count: usize| (value as isize + by).rem_euclid(count as isize) as usize;
        match ORDER[self.at] {
            At::Program => {
                let usual = MeasuredOn::usual_for(self.client());
                self.program = turned(self.program, client::all().len() + 1);
                // As long as nobody said otherwise, the place follows the program.
                if PLACES[self.measured_on] == usual {
                    self.measured_on = place(MeasuredOn::usual_for(self.client()));
                }
            }
            At::MeasuredOn => self.measured_on = turned(self.measured_on, PLACES.len()),
            At::Security => self.security = turned(self.security, SECURITIES.len()),
            At::Address | At::Error | At::Server | At::Port | At::User | At::Ticket => {
                let key = if by < 0 { KeyCode::Left } else { KeyCode::Right };
                if let Some(field) = self.field() {
                    field.key(&KeyEvent::from(key));
                }
            }
        }
    }

    /// A letter on a choice: goes to the first one in which a word begins with what was typed.
    fn choose(&mut self, event: &KeyEvent) {
        match event.code {
            KeyCode::Char(c) => self.typed.extend(c.to_lowercase()),
            KeyCode::Backspace => drop(self.typed.pop()),
            _ => return,
        }
        let labels: Vec<String> = match ORDER[self.at] {
            At::Program => std::iter::once(NOT_KNOWN)
                .chain(client::all().iter().map(|c| c.name.as_str()))
                .map(str::to_lowercase)
                .collect(),
            At::MeasuredOn => PLACES.iter().map(|place| place_says(*place).to_lowercase()).collect(),
            At::Security => SECURITIES.iter().map(|security| security_says(*security, false).to_lowercase()).collect(),
            _ => return,
        };
        let begins = |label: &String| {
            label.match_indices(&self.typed).any(|(at, _)| !label[..at].ends_with(char::is_alphanumeric))
        };
        let Some(found) = labels.iter().position(begins) else {
            // Nothing begins like this: the last letter begins anew.
            let last = self.typed.pop();
            if !self.typed.is_empty() {
                self.typed.clear();
                self.choose(&KeyEvent::from(KeyCode::Char(last.unwrap_or(' '))));
            }
            return;
        };
        match ORDER[self.at] {
            At::Program => self.program = found,
            At::MeasuredOn => self.measured_on = found,
            _ => self.security = found,
        }
    }

    /// Reacts to something having been typed.
    fn typed(&mut self) {
        self.why = None;
        let stored = self.account().ok();
        let stored = stored.as_ref().and_then(|account| self.stored(account));
        self.known = stored.map_or_else(|| provider(self.address.text()), told);
    }

    /// Fills in a stored account, over what was typed.
    fn take(&mut self, number: usize) {
        let Some(stored) = self.stored.accounts.get(number) else { return };
        let mut account = self.account_so_far();
        account.settings = stored.settings.clone();
        account.address = stored.address.clone();
        account.client = Some(stored.client.to_owned());
        account.measured_on = MeasuredOn::ThisMachine;
        let found = std::mem::take(&mut self.stored);
        *self = Form { at: 3, edits: self.edits, stored: found, chosen: Some(number), ..Form::edit(&account) };
        self.typed();
    }

    /// What was typed outside the fields that a stored account fills in.
    fn account_so_far(&self) -> Account {
        Account { error: self.error.given(), ticket: self.ticket.given(), ..self.base.clone() }
    }

    /// Starts the checks, or says which field is wrong.
    fn start(&mut self, core: &mut Core) -> Next {
        match self.account() {
            Ok(account) => {
                core.choose_program(None);
                let stored = self.stored(&account).and_then(StoredAccount::answer);
                if let Some((question, answer)) = stored {
                    core.apply(Event::Answered { question, answer: Some(answer) });
                }
                let is_same = self.edits && self.base.address == account.address;
                let request = match is_same {
                    true => Request::edited(&self.base, account),
                    false => Request { account: Some(account), ..Request::everything() },
                };
                Next::DoAndHome(Effect::run(request))
            }
            Err((at, why)) => {
                self.at = ORDER.iter().position(|field| *field == at).unwrap_or(0);
                self.why = Some(why);
                Next::Stay
            }
        }
    }

    /// The account, or which field is wrong and why.
    fn account(&self) -> Result<Account, (At, String)> {
        let address = Address::parse(self.address.text()).map_err(|why| (At::Address, why))?;
        // The server is taken as it is written: a blank at its end may be what is wrong.
        let server = self.server.given().map(|_| Server::parse(self.server.text())).transpose();
        let port = self.port.given().map(|port| port.parse().ok().filter(|port: &u16| *port != 0).ok_or(port));
        let port =
            port.transpose().map_err(|port| (At::Port, format!("\"{port}\" is not a port number: 1 to 65535")))?;
        let mut account = self.base.clone();
        account.address = address;
        account.settings = self.base.settings.edited(Values {
            server: server.map_err(|why| (At::Server, why))?,
            port,
            security: SECURITIES[self.security],
            user: self.user.given(),
        });
        account.client = self.client().map(|client| client.id.clone());
        account.measured_on = PLACES[self.measured_on];
        account.error = self.error.given();
        account.ticket = self.ticket.given();
        if let (false, Some(stored)) = (account.settings.are_read(), self.stored(&account)) {
            account.fill(&stored.clone());
        }
        Ok(account)
    }

    /// The stored account with the account's address: the chosen one, or the only one. Another computer's programs have
    /// stored nothing here, and another program has stored it in its own way.
    fn stored(&self, account: &Account) -> Option<&StoredAccount> {
        if account.measured_on != MeasuredOn::ThisMachine {
            return None;
        }
        let fits = |stored: &&StoredAccount| {
            stored.is_of(&account.address) && account.client.as_deref().is_none_or(|client| client == stored.client)
        };
        let chosen = self.chosen.and_then(|number| self.stored.accounts.get(number)).filter(fits);
        let mut all = self.stored.accounts.iter().filter(fits);
        let only = all.next().filter(|_| all.next().is_none());
        chosen.or(only)
    }

    fn rows(&self, theme: Theme, width: usize) -> Rows {
        let mut rows = Rows {
            theme,
            width: width.saturating_sub(20).min(60),
            room: width.saturating_sub(18),
            marked: ORDER[self.at],
            marked_line: 0,
            column: None,
            lines: Vec::new(),
        };
        rows.field(At::Address, "Mail address", &self.address);
        let (told, style) = match &self.why {
            Some(why) => (why, theme.strong()),
            None => (&self.known, theme.dim()),
        };
        for text in parts::wrapped(theme, told, width.saturating_sub(18), 0) {
            rows.lines.push(Line::styled(format!("{:17}{text}", ""), style));
        }
        rows.note(" Everything below is optional. Enter starts.");
        rows.choice(At::Program, "Program", self.client().map_or(NOT_KNOWN, |client| &client.name));
        rows.choice(At::MeasuredOn, "Measured on", place_says(PLACES[self.measured_on]));
        rows.field(At::Error, "Error shown", &self.error);
        rows.note(&match self.error.lines() {
            Some(lines) => format!("{:17}{lines} lines are read", ""),
            None => format!("{:17}the number (0x800CCC0F), the server's exact words, or a whole message", ""),
        });
        rows.note(" What the program has NOW (read it there; empty = nobody has looked)");
        rows.field(At::Server, "Server", &self.server);
        rows.field(At::Port, "Port", &self.port);
        let has_old_names = self.client().is_some_and(|client| client.tls_means_starttls);
        rows.choice(At::Security, "Encryption", security_says(SECURITIES[self.security], has_old_names));
        rows.field(At::User, "User name", &self.user);
        rows.field(At::Ticket, "Ticket", &self.ticket);
        rows.note(" No password here. It is asked for later, once, and only if it can help.");
        rows
    }
}

impl View for Form {
    fn place(&self) -> Place {
        Place::Form
    }

    fn type_key(&mut self, event: &KeyEvent) {
        match self.field() {
            Some(field) => field.key(event),
            None => self.choose(event),
        }
        self.typed();
    }

    fn paste(&mut self, text: &str) {
        if ORDER[self.at] == At::Error && self.error.given().is_none() {
            self.error = Field::of_text(&pasted::kept(text));
        } else if let Some(field) = self.field() {
            field.paste(text);
        }
        self.typed();
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.at = self.at.saturating_add_signed(by).min(ORDER.len() - 1);
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        self.typed.clear();
        match action {
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::Down => self.at = (self.at + 1).min(ORDER.len() - 1),
            Action::Part => self.at = (self.at + 1) % ORDER.len(),
            Action::PartBack => self.at = (self.at + ORDER.len() - 1) % ORDER.len(),
            Action::Left => self.turn(-1),
            Action::Right => self.turn(1),
            Action::Help => return Next::go(Help::new(Place::Form)),
            Action::Back => return Next::Back,
            Action::Open => return self.start(core),
            Action::Stored if self.stored.accounts.is_empty() => core.say(self.stored.why_empty()),
            Action::Stored => return Next::go(Menu::accounts(&self.stored.accounts)),
            Action::Choose(number) => self.take(usize::from(number)),
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let title = if self.edits { "What is known about the account" } else { "New case" };
        let rows = self.rows(core.theme, usize::from(area.width));
        let body = parts::body(area, core);
        self.scroll.measure(body.height, rows.lines.len());
        // With the hint below the field, and what the next one is.
        let (first, last) = (rows.marked_line.saturating_sub(1), rows.marked_line + 2);
        self.scroll.keep_in_sight(first, last.min(rows.lines.len().saturating_sub(1)));
        let page = (Place::Form, title, core.session.runs_as.as_str());
        parts::text_page(frame, area, core, page, rows.lines, &mut self.scroll);
        if let Some(column) = rows.column {
            let y = body.y + u16::try_from(rows.marked_line.saturating_sub(self.scroll.at())).unwrap_or(0);
            frame.set_cursor_position(Position::new(body.x + 17 + u16::try_from(column).unwrap_or(0), y));
        }
    }
}

/// The index of a place among the choices.
fn place(of: MeasuredOn) -> usize {
    PLACES.iter().position(|place| *place == of).unwrap_or(0)
}
