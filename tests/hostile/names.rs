//! DNS servers on this computer's loopback that lie: wrong questions, wrong numbers, loops, floods. A look-up ends in
//! time, and takes nothing for an answer that is none.

use mailtriage::net::system::SystemNetwork;
use mailtriage::net::{Answer, Network, RecordKind, Via};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

const NAME: &str = "smtp.example.com";
const LIMIT: Duration = Duration::from_secs(2);
/// What no true answer here contains.
const LIE: [u8; 4] = [203, 0, 113, 66];
const TRUTH: [u8; 4] = [203, 0, 113, 5];

/// A question as it came: its number, and its bytes after the head.
struct Question<'a> {
    id: [u8; 2],
    asked: &'a [u8],
}

impl<'a> Question<'a> {
    fn of(message: &'a [u8]) -> Option<Self> {
        let name = message.get(12..)?.iter().position(|byte| *byte == 0)?;
        Some(Question { id: [*message.first()?, *message.get(1)?], asked: message.get(12..12 + name + 5)? })
    }

    /// A reply with these flags and so many answers, which it says it has.
    fn reply(&self, flags: [u8; 2], says: u16, answers: &[u8]) -> Vec<u8> {
        let counts = [&[0, 1][..], &says.to_be_bytes(), &[0; 4]].concat();
        [&self.id[..], &flags, &counts, self.asked, answers].concat()
    }
}

const FINE: [u8; 2] = [0x81, 0x80];
const CUT: [u8; 2] = [0x83, 0x80];
/// Where the asked name is.
const ASKED: [u8; 2] = [0xc0, 12];

fn address(owner: &[u8], addr: [u8; 4]) -> Vec<u8> {
    [owner, &[0, 1, 0, 1, 0, 0, 0, 60, 0, 4], &addr].concat()
}

fn alias(owner: &[u8], to: &[u8]) -> Vec<u8> {
    [owner, &[0, 5, 0, 1, 0, 0, 0, 60], &(to.len() as u16).to_be_bytes(), to].concat()
}

fn label(name: &str) -> Vec<u8> {
    let parts = name.split('.').flat_map(|part| [&[part.len() as u8][..], part.as_bytes()].concat());
    parts.chain([0]).collect()
}

type Says = fn(&Question) -> Vec<u8>;

/// What a row's server does.
struct Row {
    what: &'static str,
    by_udp: Says,
    by_tcp: Says,
    /// Whether the answer says no more than what came.
    fits: fn(&Answer) -> bool,
}

fn nothing(_: &Question) -> Vec<u8> {
    vec![]
}

fn is_true(answer: &Answer) -> bool {
    answer.addresses() == [IpAddr::from(TRUTH)]
}

fn is_none(answer: &Answer) -> bool {
    !matches!(answer, Answer::Records(_) | Answer::NxDomain)
}

fn is_bounded(answer: &Answer) -> bool {
    match answer {
        Answer::Records(records) => records.len() <= 64,
        answer => is_none(answer),
    }
}

const ROWS: &[Row] = &[
    Row { what: "the truth", by_udp: |q| q.reply(FINE, 1, &address(&ASKED, TRUTH)), by_tcp: nothing, fits: is_true },
    Row { what: "silence", by_udp: nothing, by_tcp: nothing, fits: is_none },
    Row {
        what: "another number",
        by_udp: |q| {
            let other = Question { id: [q.id[0] ^ 0xff, q.id[1]], asked: q.asked };
            other.reply(FINE, 1, &address(&ASKED, LIE))
        },
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "another question",
        by_udp: |q| {
            let asked = [&label("smtp.example.net")[..], &[0, 1, 0, 1]].concat();
            Question { id: q.id, asked: &asked }.reply(FINE, 1, &address(&ASKED, LIE))
        },
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "an answer about another name",
        by_udp: |q| q.reply(FINE, 1, &address(&label("evil.example.net"), LIE)),
        by_tcp: nothing,
        fits: |answer| !answer.addresses().contains(&IpAddr::from(LIE)),
    },
    Row { what: "cut, and nothing by TCP", by_udp: |q| q.reply(CUT, 0, &[]), by_tcp: nothing, fits: is_none },
    Row {
        what: "cut, and the truth by TCP",
        by_udp: |q| q.reply(CUT, 0, &[]),
        by_tcp: |q| q.reply(FINE, 1, &address(&ASKED, TRUTH)),
        fits: is_true,
    },
    Row {
        what: "cut, and 64 KiB of records by TCP",
        by_udp: |q| q.reply(CUT, 0, &[]),
        by_tcp: |q| q.reply(FINE, 4_000, &address(&ASKED, TRUTH).repeat(4_000)),
        fits: is_bounded,
    },
    Row { what: "half a head", by_udp: |q| q.id.to_vec(), by_tcp: nothing, fits: is_none },
    Row { what: "garbage", by_udp: |_| vec![0xff; 400], by_tcp: nothing, fits: is_none },
    Row { what: "the question itself", by_udp: |q| q.reply([1, 0], 0, &[]), by_tcp: nothing, fits: is_none },
    Row {
        what: "a name that points at itself",
        by_udp: |q| q.reply(FINE, 1, &address(&[0xc0, 12 + q.asked.len() as u8], LIE)),
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "a name that points beyond the end",
        by_udp: |q| q.reply(FINE, 1, &address(&[0xff, 0xff], LIE)),
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "a label of 200 bytes",
        by_udp: |q| q.reply(FINE, 1, &address(&[&[200][..], &[b'a'; 200], &[0]].concat(), LIE)),
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "more answers than it has",
        by_udp: |q| q.reply(FINE, 60_000, &address(&ASKED, TRUTH)),
        by_tcp: nothing,
        fits: |answer| is_none(answer) || is_true(answer),
    },
    Row {
        what: "a record that lies about its length",
        by_udp: |q| {
            let mut record = address(&ASKED, LIE);
            record[10..12].copy_from_slice(&[0xff, 0xff]);
            q.reply(FINE, 1, &record)
        },
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "an address of three bytes",
        by_udp: |q| q.reply(FINE, 1, &[&ASKED[..], &[0, 1, 0, 1, 0, 0, 0, 60, 0, 3, 1, 2, 3]].concat()),
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "an alias of itself",
        by_udp: |q| q.reply(FINE, 1, &alias(&ASKED, &ASKED)),
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "aliases without end",
        by_udp: |q| {
            // Each question is answered with the alias of a new name.
            let first = q.asked[0];
            let longer =
                [&[first.min(40) + 1][..], &vec![b'x'; usize::from(first.min(40)) + 1], &label("example.com")].concat();
            q.reply(FINE, 1, &alias(&ASKED, &longer))
        },
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "20 aliases in one answer",
        by_udp: |q| {
            let chain: Vec<u8> = (0..20u8)
                .flat_map(|at| {
                    let owner = if at == 0 { ASKED.to_vec() } else { label(&format!("a{at}.example.com")) };
                    alias(&owner, &label(&format!("a{}.example.com", at + 1)))
                })
                .collect();
            q.reply(FINE, 20, &chain)
        },
        by_tcp: nothing,
        fits: is_none,
    },
    Row {
        what: "a server failure",
        by_udp: |q| q.reply([0x81, 0x82], 0, &[]),
        by_tcp: nothing,
        fits: |answer| *answer == Answer::ServFail,
    },
    Row {
        what: "a code that does not exist",
        by_udp: |q| q.reply([0x81, 0x8f], 0, &[]),
        by_tcp: nothing,
        fits: is_none,
    },
    Row { what: "no answer and no reason", by_udp: |q| q.reply(FINE, 0, &[]), by_tcp: nothing, fits: is_none },
];

/// Answers questions as the row says, until nobody listens any more; the address is where.
async fn serve(row: &'static Row) -> SocketAddr {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(addr).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2_048];
        while let Ok((count, from)) = udp.recv_from(&mut buffer).await {
            let said = Question::of(&buffer[..count]).map(|question| (row.by_udp)(&question)).unwrap_or_default();
            if !said.is_empty() {
                let _ = udp.send_to(&said, from).await;
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let mut head = [0; 2];
            if stream.read_exact(&mut head).await.is_err() {
                continue;
            }
            let mut message = vec![0; usize::from(u16::from_be_bytes(head))];
            if stream.read_exact(&mut message).await.is_err() {
                continue;
            }
            let said = Question::of(&message).map(|question| (row.by_tcp)(&question)).unwrap_or_default();
            let length = u16::try_from(said.len()).unwrap_or(u16::MAX);
            let _ = stream.write_all(&[&length.to_be_bytes()[..], &said].concat()).await;
        }
    });
    addr
}

#[tokio::test]
async fn a_lie_is_no_answer() {
    let asked = ROWS.iter().map(|row| async move {
        let server = serve(row).await;
        let net = SystemNetwork::new(vec![server], vec![]);
        let started = Instant::now();
        let answer = net.lookup(Via::Server(server), NAME, RecordKind::A, LIMIT).await;
        (row, answer, started.elapsed())
    });
    let mut wrong = Vec::new();
    let mut longest = Duration::ZERO;
    for (row, answer, took) in futures::future::join_all(asked).await {
        println!("{}: {} after {:.2} s", row.what, answer.word(), took.as_secs_f64());
        longest = longest.max(took);
        if took > LIMIT + Duration::from_secs(1) {
            wrong.push(format!("{}: took {took:?}", row.what));
        }
        if !(row.fits)(&answer) {
            wrong.push(format!("{}: {answer:?}", row.what));
        }
    }
    println!("{} hostile DNS servers, longest {:.2} s", ROWS.len(), longest.as_secs_f64());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An answer from another address than the one that was asked is nobody's.
#[tokio::test]
async fn an_answer_from_another_address_is_none() {
    let asked = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = asked.local_addr().unwrap();
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2_048];
        while let Ok((count, from)) = asked.recv_from(&mut buffer).await {
            if let Some(question) = Question::of(&buffer[..count]) {
                let _ = other.send_to(&question.reply(FINE, 1, &address(&ASKED, LIE)), from).await;
            }
        }
    });
    let net = SystemNetwork::new(vec![server], vec![]);
    let answer = net.lookup(Via::Server(server), NAME, RecordKind::A, LIMIT).await;
    assert!(is_none(&answer), "{answer:?}");
}
