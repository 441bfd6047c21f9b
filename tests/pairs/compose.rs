//! Lays single faults over each other: their accounts, their worlds, and what their servers say.

use super::table::Place;
use mailtriage::cli::Truth;
use mailtriage::practice::{Scenario, lay_over, scenario};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// A single fault, as its file declares it.
pub struct Part {
    pub name: &'static str,
    pub place: Place,
    pub truth: Truth,
    account: Table,
    world: Table,
}

/// The world without a fault, over which all are laid.
const HEALTHY: &str = "healthy-587";
const SERVER: &str = "smtp.example.com";

fn file(folder: &str, name: &str) -> Option<Table> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(format!("{name}.toml"));
    std::fs::read_to_string(path).ok().map(|text| toml::from_str(&text).unwrap())
}

fn table(file: &Table, key: &str) -> Table {
    file.get(key).map_or_else(Table::new, |value| value.as_table().unwrap().clone())
}

impl Part {
    pub fn read(place: Place, name: &'static str) -> Self {
        let read = |folder: &str, name: &str| file(folder, name);
        let of_scenario = read("src/practice/scenarios", name);
        let file = of_scenario.or_else(|| read("tests/variants", name)).unwrap_or_else(|| panic!("no file {name}"));
        let base = file.get("scenario").and_then(Value::as_str).and_then(|base| read("src/practice/scenarios", base));
        let (mut account, mut world) =
            base.as_ref().map(|base| (table(base, "account"), table(base, "world"))).unwrap_or_default();
        account.extend(table(&file, "account"));
        lay_over(&mut world, table(&file, "world"));
        let truth = file["truth"].clone().try_into().unwrap();
        let mut part = Part { name, place, truth, account, world };
        part.settle();
        part
    }

    /// Only a fault in the settings keeps settings of its own; the others are met at port 587 with STARTTLS.
    fn settle(&mut self) {
        let address = self.account["address"].as_str().unwrap();
        let server = match address.rsplit('@').next().unwrap() {
            "gmail.com" => "smtp.gmail.com",
            "outlook.com" => "smtp-mail.outlook.com",
            "contoso.example" => "smtp.office365.com",
            _ => SERVER,
        };
        let in_settings = [Place::Gateway, Place::Name, Place::Port, Place::Security, Place::Clear];
        if !in_settings.contains(&self.place) && self.name != "port-25-isp" {
            let usual = Table::from_iter([
                ("server".to_owned(), Value::from(server)),
                ("port".to_owned(), Value::from(587)),
                ("security".to_owned(), Value::from("starttls")),
            ]);
            self.account.insert("settings".to_owned(), usual.into());
        }
    }

    /// Whether its rules are about this port, where they are about single ports.
    pub fn is_met_at(&self, port: u16) -> bool {
        let faults = self.world.get("fault").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let is_about = |fault: &Value| match fault.get("ports").and_then(Value::as_array) {
            Some(ports) => ports.contains(&Value::from(i64::from(port))),
            None => true,
        };
        faults.is_empty() || faults.iter().any(is_about)
    }

    /// What its account has otherwise than the healthy one, the settings one by one.
    fn own_account(&self) -> BTreeMap<String, Option<Value>> {
        let usual = flat_account(&scenario(HEALTHY).unwrap().account);
        let own = flat_account(&self.account);
        let keys = usual.keys().chain(own.keys());
        let differing = keys.filter(|key| usual.get(*key) != own.get(*key));
        differing.map(|key| (key.clone(), own.get(key).cloned())).collect()
    }

    /// Whether it is about the usual server, so that it is none at another one.
    fn is_about_the_server(&self) -> bool {
        let world = toml::to_string(&self.world).unwrap();
        world.contains("example.com") || world.contains("submission")
    }

    fn is_at_the_server(&self) -> bool {
        !["server", "address"].iter().any(|key| self.own_account().contains_key(*key))
    }

    /// What the server says at this port, where this fault changes it.
    fn says(&self, port: Option<&str>) -> Option<&str> {
        let submission = || self.world.get("dialogue")?.get("submission");
        let said = match port {
            Some(port) => (|| self.world.get("host")?.get(SERVER)?.get("port")?.get(port)?.get("dialogue"))(),
            None => None,
        };
        let said = said.or_else(submission)?.as_str()?;
        let named = self.world.get("dialogue").and_then(|all| all.get(said)).and_then(Value::as_str);
        Some(named.unwrap_or(said))
    }
}

fn flat_account(account: &Table) -> BTreeMap<String, Value> {
    let mut flat: BTreeMap<String, Value> = account.clone().into_iter().collect();
    if let Some(Value::Table(settings)) = flat.remove("settings") {
        flat.extend(settings);
    }
    flat
}

/// One world in which all of these are, if there can be one.
pub fn compose(parts: &[&Part]) -> Option<Scenario> {
    let elsewhere = parts.iter().any(|part| !part.is_at_the_server());
    if elsewhere && parts.iter().any(|part| part.is_at_the_server() && part.is_about_the_server()) {
        return None;
    }
    let mut whole = scenario(HEALTHY).unwrap();
    let mut changed = BTreeMap::new();
    for (key, value) in parts.iter().flat_map(|part| part.own_account()) {
        if changed.insert(key, value.clone()).is_some_and(|before| before != value) {
            return None;
        }
    }
    for (key, value) in changed {
        let is_setting = ["server", "port", "security"].contains(&key.as_str());
        let below = match is_setting {
            true => whole.account.entry("settings").or_insert_with(|| Table::new().into()).as_table_mut()?,
            false => &mut whole.account,
        };
        match value {
            Some(value) => below.insert(key, value),
            None => below.remove(&key),
        };
    }
    let mut world = Table::new();
    for part in parts {
        let mut own = part.world.clone();
        let faults = own.remove("fault");
        take_dialogues(&mut own);
        if !lay_beside(&mut world, own) {
            return None;
        }
        let all = world.entry("fault").or_insert_with(|| Value::Array(vec![])).as_array_mut()?;
        all.extend(faults.and_then(|faults| faults.as_array().cloned()).unwrap_or_default());
    }
    let usual = toml::from_str::<Table>(include_str!("../../src/practice/internet.toml")).unwrap();
    let usual = usual["dialogue"]["submission"].as_str()?;
    lay_over(&mut world, dialogues(parts, usual));
    Some(whole.with(world))
}

fn take_dialogues(world: &mut Table) {
    if let Some(Value::Table(dialogues)) = world.get_mut("dialogue") {
        dialogues.remove("submission");
    }
    let server = world.get_mut("host").and_then(|hosts| hosts.get_mut(SERVER));
    let port = server.and_then(|server| server.get_mut("port")?.get_mut("587")?.as_table_mut());
    if let Some(port) = port {
        port.remove("dialogue");
    }
}

/// What the server says at 587, and elsewhere, with all changes in one.
fn dialogues(parts: &[&Part], usual: &str) -> Table {
    let at_587 = said_by_all(parts, usual, Some("587"));
    let others = said_by_all(parts, usual, None);
    let text = |name: &str, text: String| format!("[dialogue]\n{name} = '''\n{text}'''\n");
    let mut all: Table = toml::from_str(&text("submission", others)).unwrap();
    if parts.iter().any(|part| part.says(Some("587")) != part.says(None)) {
        lay_over(&mut all, toml::from_str(&text("at-587", at_587)).unwrap());
        let named = format!("[host.\"{SERVER}\".port.587]\ndialogue = \"at-587\"");
        lay_over(&mut all, toml::from_str(&named).unwrap());
    }
    all
}

/// A command, or the greeting, in clear or after TLS, and what the server does then.
#[derive(Clone, PartialEq)]
struct Answer {
    part: Phase,
    command: String,
    acts: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Phase {
    Greeting,
    Clear,
    Encrypted,
}

impl Answer {
    fn verb(&self) -> &str {
        self.command.split(' ').next().unwrap_or_default()
    }

    fn is_refusal(&self) -> bool {
        !self.acts.iter().any(|act| act.starts_with("S: 2"))
    }

    /// Whether a fault at this place is in this answer.
    fn is_of(&self, place: Place) -> bool {
        match (place, self.part, self.verb()) {
            (Place::Greeting | Place::Unreliable, part, _) => part == Phase::Greeting,
            (Place::Ehlo | Place::Nothing, _, verb) => verb == "EHLO" && self.is_refusal(),
            (Place::Starttls, part, _) => part == Phase::Clear,
            (Place::LogIn, Phase::Encrypted, "EHLO" | "AUTH") => true,
            (Place::LogIn, Phase::Encrypted, "MAIL") => self.is_refusal(),
            (Place::Sending, Phase::Encrypted, "MAIL" | "RCPT") => true,
            _ => false,
        }
    }
}

fn answers(dialogue: &str) -> Vec<Answer> {
    let mut all = vec![Answer { part: Phase::Greeting, command: String::new(), acts: vec![] }];
    let mut part = Phase::Clear;
    for line in dialogue.lines().filter(|line| !line.is_empty()) {
        if let Some(command) = line.strip_prefix("C:") {
            all.push(Answer { part, command: command.trim().to_owned(), acts: vec![] });
        } else {
            all.last_mut().unwrap().acts.push(line.to_owned());
            if line == "-- TLS" {
                part = Phase::Encrypted;
            }
        }
    }
    all
}

/// The usual dialogue with the changes of all parts; where two change the same, the one that is met first.
fn said_by_all(parts: &[&Part], usual: &str, port: Option<&str>) -> String {
    let mut all = answers(usual);
    let mut parts = parts.to_vec();
    parts.sort_by_key(|part| std::cmp::Reverse(part.place));
    for part in parts {
        let Some(said) = part.says(port) else { continue };
        let own: Vec<Answer> = answers(said).into_iter().filter(|answer| answer.is_of(part.place)).collect();
        // A name that is refused in EHLO is refused before another is accepted; everything else is said instead.
        if !matches!(part.place, Place::Ehlo | Place::Nothing) {
            let is_replaced = |old: &Answer| {
                old.is_of(part.place) && (old.part != Phase::Clear || own.iter().any(|new| new.verb() == old.verb()))
            };
            all.retain(|old| {
                !is_replaced(old) || (old.verb() == "MAIL" && !own.iter().any(|new| new.verb() == "MAIL"))
            });
        }
        all.splice(0..0, own);
    }
    all.sort_by(|a, b| a.part.partial_cmp(&b.part).unwrap());
    // The answer that begins TLS is the last one before it.
    let starttls = all.iter().position(|answer| answer.acts.iter().any(|act| act == "-- TLS"));
    if let Some(starttls) = starttls {
        let answer = all.remove(starttls);
        let first = all.iter().position(|answer| answer.part == Phase::Encrypted).unwrap_or(all.len());
        all.insert(first, answer);
    }
    let text = all.iter().map(|answer| {
        let command = if answer.part == Phase::Greeting { String::new() } else { format!("C: {}\n", answer.command) };
        format!("{command}{}\n", answer.acts.join("\n"))
    });
    text.collect()
}

/// Lays one table over another, unless both say something different about one thing.
fn lay_beside(below: &mut Table, above: Table) -> bool {
    above.into_iter().all(|(key, value)| match (below.get_mut(&key), value) {
        // A server has one certificate.
        (Some(Value::Table(below)), Value::Table(above)) if key != "certificate" => lay_beside(below, above),
        (Some(there), value) => *there == value,
        (None, value) => {
            below.insert(key, value);
            true
        }
    })
}
