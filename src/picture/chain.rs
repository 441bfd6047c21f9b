//! The chain of certificates, from the server's own upwards, with what is missing in it.

use super::{Form, Kind, Node, Picture, Scene, Tone};
use crate::facts::keys::{certificate, chain};
use crate::facts::target::{Role, Target};
use crate::facts::words::{CertificateIs, Order};

/// The most certificates that are drawn.
const MOST: usize = 10;

/// The picture; `None` before a certificate was seen.
pub(super) fn chain(scene: &Scene<'_>) -> Option<Picture> {
    let (port, is) = shown(scene)?;
    let id = Target::in_use(port).id(certificate::CERTIFICATE.check);
    let sent = Sent::read(scene, &id, port)?;
    let mut nodes = sent.nodes(scene, &id, is);
    let whole = scene.fact(chain::WHOLE.check, &chain::WHOLE).filter(|_| scene.port == Some(port));
    let order = scene.fact(chain::ORDER.check, &chain::ORDER).filter(|_| scene.port == Some(port));
    let issuer = above(scene, &id, &sent, is, whole);
    let lacks = whole == Some(false) || is == CertificateIs::Incomplete;
    let says = match (issuer.as_ref().filter(|_| lacks), order) {
        (Some(issuer), _) => format!("{} is missing: the server does not send it", issuer.name),
        (None, Some(Order::Wrong)) => "The certificates are not sent in order".to_owned(),
        (None, None) => format!("The certificate on {port}: {}", word(scene, &id, is)),
    };
    match issuer {
        Some(issuer) if lacks => {
            let name = "an issuer that mail programs know".to_owned();
            nodes.extend([issuer, Node { name, word: String::new(), tone: Tone::Dim }]);
        }
        // The last one that is sent is the root itself; one that stands alone has its word already.
        Some(issuer) if sent.ends_in_root() => {
            if let [_, .., root] = nodes.as_mut_slice() {
                (root.word, root.tone) = (issuer.word, issuer.tone);
            }
        }
        issuer => nodes.extend(issuer),
    }
    Some(Picture {
        kind: Kind::Chain,
        title: format!("The chain of certificates on {port}"),
        says,
        tells: is != CertificateIs::Valid || whole == Some(false) || order.is_some(),
        form: Form::Tree(nodes),
    })
}

/// The port whose certificate is shown: the one in use, otherwise the first that has one.
fn shown(scene: &Scene<'_>) -> Option<(u16, CertificateIs)> {
    let kind = certificate::CERTIFICATE.check;
    let is = |port: u16| Some((port, scene.fact(&Target::in_use(port).id(kind), &certificate::CERTIFICATE)?));
    scene.port.and_then(is).or_else(|| scene.ports(kind, Role::InUse).into_iter().find_map(is))
}

/// The certificates that the server sends, as far as their names are known.
struct Sent {
    subjects: Vec<String>,
    issuers: Vec<String>,
    count: usize,
}

impl Sent {
    fn read(scene: &Scene<'_>, id: &str, port: u16) -> Option<Self> {
        let of_chain = |key| scene.list(chain::SUBJECTS.check, key, MOST);
        let (subjects, issuers) = match scene.port == Some(port) {
            true => (of_chain(&chain::SUBJECTS), of_chain(&chain::ISSUERS)),
            false => (Vec::new(), Vec::new()),
        };
        if !subjects.is_empty() && subjects.len() == issuers.len() {
            let count = scene.fact(chain::LENGTH.check, &chain::LENGTH).unwrap_or(subjects.len());
            return Some(Sent { subjects, issuers, count });
        }
        let subject = scene.written(id, &certificate::SUBJECT)?;
        let issuer = scene.written(id, &certificate::ISSUER)?;
        let count = scene.fact(id, &certificate::CHAIN).unwrap_or(1);
        Some(Sent { subjects: vec![subject], issuers: vec![issuer], count })
    }

    fn nodes(&self, scene: &Scene<'_>, id: &str, is: CertificateIs) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        for (index, subject) in self.subjects.iter().enumerate() {
            let (word, tone) = match index {
                0 => (word(scene, id, is), if is == CertificateIs::Valid { Tone::Good } else { Tone::Bad }),
                _ => ("sent".to_owned(), Tone::Good),
            };
            nodes.push(Node { name: named(subject), word, tone });
        }
        if self.count > self.subjects.len() {
            let name = format!("{} more", self.count - self.subjects.len());
            nodes.push(Node { name, word: "sent".to_owned(), tone: Tone::Plain });
        }
        nodes
    }

    /// Whether the last one is signed by itself.
    fn ends_in_root(&self) -> bool {
        self.subjects.last() == self.issuers.last()
    }
}

/// A certificate without a subject of its own has names alone.
fn named(subject: &str) -> String {
    if subject.is_empty() { "(no subject)".to_owned() } else { subject.to_owned() }
}

/// The certificate's state in words.
fn word(scene: &Scene<'_>, id: &str, is: CertificateIs) -> String {
    let day = |key| scene.written(id, key).map_or_else(String::new, |at| at.chars().take(10).collect());
    let (from, until) = (day(&certificate::FROM), day(&certificate::UNTIL));
    match is {
        CertificateIs::Valid => format!("valid until {until}"),
        CertificateIs::Expired => format!("EXPIRED on {until}"),
        CertificateIs::NotYetValid => format!("NOT YET VALID, from {from}"),
        CertificateIs::NameMismatch => "FOR ANOTHER NAME".to_owned(),
        CertificateIs::SelfSigned => "SELF-SIGNED".to_owned(),
        CertificateIs::Untrusted => "NOT ACCEPTED".to_owned(),
        CertificateIs::Incomplete => "NOT ACCEPTED as it is sent".to_owned(),
        CertificateIs::Intercepted => "NOT THE PROVIDER'S".to_owned(),
        CertificateIs::TooWeak => "TOO WEAK".to_owned(),
    }
}

/// What is above the last certificate that the server sends: its issuer, missing, known or not.
fn above(scene: &Scene<'_>, id: &str, sent: &Sent, is: CertificateIs, whole: Option<bool>) -> Option<Node> {
    let issuer = sent.issuers.last().filter(|_| sent.count == sent.issuers.len())?;
    let (word, tone) = match is {
        _ if whole == Some(false) => ("MISSING: not sent; known here, perhaps not elsewhere".to_owned(), Tone::Bad),
        CertificateIs::Incomplete => ("MISSING: the server does not send it".to_owned(), Tone::Bad),
        CertificateIs::Intercepted => match scene.written(id, &certificate::INTERCEPTOR) {
            Some(product) => (format!("made in between by {product}"), Tone::Bad),
            None => ("made in between".to_owned(), Tone::Bad),
        },
        CertificateIs::Valid => ("known to this computer".to_owned(), Tone::Good),
        CertificateIs::Untrusted => ("NOT KNOWN to this computer".to_owned(), Tone::Bad),
        _ => match scene.fact(id, &certificate::PUBLIC) {
            Some(true) => ("known to mail programs".to_owned(), Tone::Good),
            Some(false) => ("not known to mail programs".to_owned(), Tone::Plain),
            None => ("its issuer".to_owned(), Tone::Plain),
        },
    };
    Some(Node { name: named(issuer), word, tone })
}
