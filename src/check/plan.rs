//! Which checks run, and what each waits for. A pure function of the account, the options and what the provider wants.

use super::{Group, Head, Options, Role, Target};
use crate::account::{Account, Wanted};
use std::collections::BTreeSet;

/// What a planned check does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Which settings does the provider want?
    Discovery,
    /// Do the typed settings fit them?
    Settings,
    /// Does the mail domain exist?
    Domain,
    /// Which addresses has the server, as this machine sees it?
    Server(Role),
    /// What do other resolvers say?
    Elsewhere,
    /// Is there a connection, and no portal?
    Connectivity,
    /// Is this machine's clock right?
    Clock,
    /// Which ports open at another company's server?
    Reference(usize),
    /// How many packets get lost, how long do the others take?
    Quality,
    /// Which security programs and VPNs are on this computer?
    Protection,
    /// Does an address answer that cannot?
    Testnet,
    /// What does the port do?
    Port(Target),
    /// Where on the way does the port stop?
    Way(Target),
    /// Does each DNS server of this computer answer?
    OwnResolvers,
    /// Does IPv6 work to other hosts?
    Ipv6,
    /// Which internet provider's line is this?
    Isp,
    /// How far do packets get, port by port?
    Path,
    /// Does anything answer at the server's address?
    Alive,
    /// Does a mail server answer, and what does it offer?
    Smtp(Target),
    /// Whose certificate is it, and is it valid?
    Certificate(Target),
    /// Which TLS versions are accepted?
    TlsVersions(Target),
    /// Is the password accepted?
    Login,
    /// May this address send?
    Sending,
    /// Is the chain of certificates whole?
    Chain,
    /// Which mail programs can encrypt.
    Clients,
}

/// A check that will run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What it is called and waits for.
    pub head: Head,
    /// What it does.
    pub kind: Kind,
}

/// The checks of one stage.
pub type Plan = Vec<Planned>;

/// The mail ports that are always probed.
pub const MAIL_PORTS: [u16; 3] = [25, 465, 587];

/// The first stage: what can be asked before the server is known.
pub fn before(options: &Options) -> Plan {
    let mut plan = vec![
        check("provider", Group::Settings, "Which settings does the provider want?", &[], Kind::Discovery),
        check("dns.domain", Group::Dns, "Does the mail domain exist?", &[], Kind::Domain),
    ];
    if !options.connectivity.is_empty() {
        plan.push(check(
            "connectivity",
            Group::Internet,
            "Is there a connection, without a portal?",
            &[],
            Kind::Connectivity,
        ));
        plan.push(check("clock", Group::Internet, "Is this computer's clock right?", &["connectivity"], Kind::Clock));
    }
    for (index, reference) in options.references.iter().enumerate() {
        let title = format!("Which mail ports open at {}?", reference.host);
        plan.push(check(&format!("reference.{}", index + 1), Group::Internet, &title, &[], Kind::Reference(index)));
    }
    if options.references.iter().any(|reference| reference.ports.contains(&443)) {
        plan.push(check("quality", Group::Internet, "How good is the connection?", &[], Kind::Quality));
    }
    plan.push(check(
        "testnet",
        Group::Internet,
        "Does something answer for addresses that do not exist?",
        &[],
        Kind::Testnet,
    ));
    only(plan, &options.only)
}

/// The second stage: what can be asked once the server is known.
pub fn after(account: &Account, wanted: &Wanted, options: &Options) -> Plan {
    let Some(in_use) = account.in_use(Some(wanted)) else {
        // Without a server the usual ports are named all the same, each saying why it was not tried.
        let mut plan = vec![settings()];
        for port in MAIL_PORTS {
            add_port(&mut plan, Target { role: Role::InUse, port });
        }
        plan.push(check("login", Group::Login, "Is the password accepted?", &[], Kind::Login));
        plan.push(check("sending", Group::Sending, "May this address send?", &["login"], Kind::Sending));
        return only(plan, &options.only);
    };
    let mut plan = vec![
        settings(),
        check(
            "dns.server",
            Group::Dns,
            "Which address has the mail server, as this computer sees it?",
            &[],
            Kind::Server(Role::InUse),
        ),
    ];
    plan.push(check("dns.own", Group::Dns, "Does each DNS server of this computer answer?", &[], Kind::OwnResolvers));
    if !options.resolvers.is_empty() {
        plan.push(check("dns.elsewhere", Group::Dns, "Do other DNS servers say the same?", &[], Kind::Elsewhere));
    }
    let mut ports: BTreeSet<u16> = MAIL_PORTS.into_iter().collect();
    ports.insert(in_use.port);
    let same_host = |host: &str| host == in_use.host;
    ports.extend(wanted.choices.iter().filter(|choice| same_host(&choice.host)).map(|choice| choice.port).take(3));
    let mut targets: Vec<Target> = ports.into_iter().map(|port| Target { role: Role::InUse, port }).collect();
    // The account's own port first: should a limit be reached, the others go without.
    targets.sort_by_key(|target| target.port != in_use.port);

    // Another server that the provider wants: its ways to send, as far as the log-in.
    let wanted_host =
        wanted.choices.first().map(|choice| choice.host.clone()).filter(|host| wanted.is_known() && !same_host(host));
    if let Some(host) = &wanted_host {
        plan.push(check(
            "wanted.dns.server",
            Group::Dns,
            "Which address has the provider's own server?",
            &[],
            Kind::Server(Role::Wanted),
        ));
        let ports: BTreeSet<u16> =
            wanted.choices.iter().filter(|choice| choice.host == *host).map(|choice| choice.port).take(2).collect();
        targets.extend(ports.into_iter().map(|port| Target { role: Role::Wanted, port }));
    }

    for &target in &targets {
        add_port(&mut plan, target);
    }
    let in_use_target = Target { role: Role::InUse, port: in_use.port };
    let all_ports: Vec<String> =
        targets.iter().filter(|target| target.role == Role::InUse).map(|target| target.id("port")).collect();
    let all_ports: Vec<&str> = all_ports.iter().map(String::as_str).collect();
    plan.push(check("alive", Group::Ports, "Does anything answer at the server's address?", &all_ports, Kind::Alive));
    plan.push(check(
        "protection",
        Group::Ports,
        "Which security programs and VPNs are on this computer?",
        &[],
        Kind::Protection,
    ));
    plan.push(check("path", Group::Ports, "How far do packets get?", &["dns.server"], Kind::Path));
    if options.v6 {
        let own_port = in_use_target.id("port");
        plan.push(check("ipv6", Group::Internet, "Does IPv6 work to other hosts?", &[&own_port], Kind::Ipv6));
    }
    if in_use.port == 25 {
        let all: Vec<String> =
            targets.iter().filter(|target| target.role == Role::InUse).map(|target| target.id("smtp")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        plan.push(check("isp", Group::Internet, "Which internet provider's line is this?", &all, Kind::Isp));
    }
    let own_tls = in_use_target.id("tls");
    let title = "Is the chain of certificates whole, strong, and everywhere the same?";
    plan.push(check("chain", Group::Tls, title, &[&own_tls], Kind::Chain));
    let title = "Which mail programs can encrypt with this server?";
    let own_smtp = in_use_target.id("smtp");
    plan.push(check("clients", Group::Tls, title, &[], Kind::Clients));
    // The log-in itself waits for those ways that it may fall back to, one after the other.
    plan.push(check("login", Group::Login, "Is the password accepted?", &[&own_smtp], Kind::Login));
    plan.push(check("sending", Group::Sending, "May this address send?", &["login"], Kind::Sending));
    only(plan, &options.only)
}

fn add_port(plan: &mut Plan, target: Target) {
    let port = target.port;
    let (server, of) = match target.role {
        Role::InUse => ("dns.server", String::new()),
        Role::Wanted => ("wanted.dns.server", " of the provider's own server".to_owned()),
    };
    let [port_id, way, smtp, certificate, tls] =
        ["port", "way", "smtp", "certificate", "tls"].map(|kind| target.id(kind));
    let mut add =
        |id: &str, group, title: String, needs: &[&str], kind| plan.push(check(id, group, &title, needs, kind));
    add(&port_id, Group::Ports, format!("Does port {port}{of} open?"), &[server], Kind::Port(target));
    add(&smtp, Group::Smtp, format!("Does a mail server answer on port {port}{of}?"), &[&port_id], Kind::Smtp(target));
    add(
        &certificate,
        Group::Tls,
        format!("Is the certificate on port {port}{of} valid?"),
        &[&smtp],
        Kind::Certificate(target),
    );
    if target.role == Role::InUse {
        add(&way, Group::Ports, format!("Where does port {port} stop?"), &[server], Kind::Way(target));
        let title = format!("Which TLS versions does port {port} accept?");
        add(&tls, Group::Tls, title, &[&smtp, &certificate], Kind::TlsVersions(target));
    }
}

fn settings() -> Planned {
    check(
        "settings",
        Group::Settings,
        "Are server, port and encryption what the provider wants?",
        &["provider"],
        Kind::Settings,
    )
}

fn check(id: &str, group: Group, title: &str, needs: &[&str], kind: Kind) -> Planned {
    let needs = needs.iter().map(|need| (*need).to_owned()).collect();
    Planned { head: Head { id: id.to_owned(), group, title: title.to_owned(), needs }, kind }
}

/// Keeps the chosen groups and what they rest on.
fn only(plan: Plan, groups: &[Group]) -> Plan {
    if groups.is_empty() {
        return plan;
    }
    let mut kept: BTreeSet<String> = plan
        .iter()
        .filter(|check| groups.contains(&check.head.group) || check.head.id == "provider")
        .map(|check| check.head.id.clone())
        .collect();
    loop {
        let more: Vec<String> = plan
            .iter()
            .filter(|check| kept.contains(&check.head.id))
            .flat_map(|check| check.head.needs.iter().cloned())
            .filter(|need| !kept.contains(need))
            .collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    // The log-in may fall back to any way of the server that verifies: it looks for them, but does not wait for all.
    if kept.contains("login") {
        let ways = plan.iter().filter(|check| matches!(check.kind, Kind::Smtp(target) if target.role == Role::InUse));
        let more: Vec<String> =
            ways.flat_map(|check| std::iter::once(check.head.id.clone()).chain(check.head.needs.clone())).collect();
        kept.extend(more);
    }
    plan.into_iter().filter(|check| kept.contains(&check.head.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Address, Choice, Security, Source};

    fn options() -> Options {
        Options { references: vec![], connectivity: vec![], resolvers: vec![], ..Options::default() }
    }

    fn wanted() -> Wanted {
        let choice = |host: &str, port, security| Choice { host: host.to_owned(), port, security, auth: vec![] };
        Wanted {
            choices: vec![choice("smtp.example.com", 587, Security::Starttls)],
            source: Source::Srv,
            provider: None,
        }
    }

    fn ids(plan: &Plan) -> String {
        plan.iter().map(|check| check.head.id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_usual_plan() {
        let account = Account::new(Address::parse("anna@example.com").unwrap());
        assert_eq!(ids(&before(&options())), "provider dns.domain testnet");
        assert_eq!(
            ids(&after(&account, &wanted(), &options())),
            "settings dns.server dns.own \
             port.587 smtp.587 certificate.587 way.587 tls.587 \
             port.25 smtp.25 certificate.25 way.25 tls.25 \
             port.465 smtp.465 certificate.465 way.465 tls.465 \
             alive protection path ipv6 chain clients login sending"
        );
    }

    #[test]
    fn another_server_is_measured_beside_the_providers() {
        let mut account = Account::new(Address::parse("anna@example.com").unwrap());
        account.settings.server = Some("mail.example.net".to_owned());
        account.settings.port = Some(2525);
        let plan = ids(&after(&account, &wanted(), &options()));
        assert!(
            plan.contains("port.2525 ") && plan.contains("wanted.port.587 wanted.smtp.587 wanted.certificate.587"),
            "{plan}"
        );
    }

    #[test]
    fn only_some_groups_with_what_they_rest_on() {
        let account = Account::new(Address::parse("anna@example.com").unwrap());
        let options = Options { only: vec![Group::Login], ..options() };
        assert_eq!(
            ids(&after(&account, &wanted(), &options)),
            "dns.server port.587 smtp.587 port.25 smtp.25 port.465 smtp.465 login"
        );
        assert_eq!(ids(&before(&options)), "provider");
    }

    #[test]
    fn every_need_is_planned() {
        let account = Account::new(Address::parse("anna@example.com").unwrap());
        let mut plan = before(&options());
        plan.extend(after(&account, &wanted(), &options()));
        for check in &plan {
            for need in &check.head.needs {
                assert!(plan.iter().any(|other| other.head.id == *need), "{} needs {need}", check.head.id);
            }
        }
    }
}
