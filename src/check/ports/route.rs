//! A route to a port, hop by hop: how it is drawn, and how it is written down.

use crate::check::Notebook;
use crate::facts::key::Key;
use crate::facts::keys::hops as keys;
use crate::net::PortState;
use crate::text::Text;
use std::net::IpAddr;

/// What happened to the packets with this hop limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hop {
    /// A router dropped them because the limit ran out, after this many milliseconds.
    Router(IpAddr, u64),
    /// The port opened, or a reset came.
    Answered(PortState, u64),
    /// A device turned them away.
    TurnedAway(IpAddr),
    Silent,
}

/// The route to one port, hop by hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) port: u16,
    pub(super) hops: Vec<Hop>,
}

impl Route {
    /// The hop at which the port answered.
    pub(super) fn distance(&self) -> Option<usize> {
        self.hops.iter().position(|hop| matches!(hop, Hop::Answered(..))).map(|index| index + 1)
    }

    /// The last router that answered, and its hop.
    pub(super) fn last_heard(&self) -> Option<(usize, IpAddr)> {
        self.hops.iter().enumerate().rev().find_map(|(index, hop)| match hop {
            Hop::Router(addr, _) => Some((index + 1, *addr)),
            _ => None,
        })
    }

    pub(super) fn router_at(&self, hop: usize) -> Option<IpAddr> {
        match self.hops.get(hop.checked_sub(1)?)? {
            Hop::Router(addr, _) => Some(*addr),
            _ => None,
        }
    }

    /// `PC > 192.168.1.1 (3 ms) > 10.0.0.1 (9 ms) > no reply after this`
    pub(super) fn drawn(&self, server: IpAddr) -> Text {
        let mut text = Text::new().say("PC");
        let heard = self.hops.iter().rposition(|hop| *hop != Hop::Silent).map_or(0, |last| last + 1);
        for alike in self.hops[..heard].chunk_by(|a, b| *a == Hop::Silent && *b == Hop::Silent) {
            text = match alike[0] {
                Hop::Router(addr, ms) => text.say(" > ").addr(addr).say(format!(" ({ms} ms)")),
                Hop::Answered(state, ms) => text.say(" > ").addr(server).say(format!(" {} ({ms} ms)", state.says())),
                Hop::TurnedAway(addr) => text.say(" > ").addr(addr).say(" turns it away"),
                Hop::Silent if alike.len() > 2 => text.say(format!(" > {} that do not answer", alike.len())),
                Hop::Silent => text.say(" > ?".repeat(alike.len())),
            };
        }
        if heard < self.hops.len() { text.say(" > no reply after this") } else { text }
    }

    /// Writes it down under these keys.
    pub(super) fn note(&self, book: &mut Notebook, keys: &RouteKeys) {
        let hops = self.hops.iter().map(|hop| match hop {
            Hop::Router(addr, _) => addr.to_string(),
            Hop::TurnedAway(addr) => format!("{addr} turns away"),
            Hop::Answered(state, _) => state.word().to_owned(),
            Hop::Silent => "silent".to_owned(),
        });
        let answers = self.hops.iter().map(|hop| match hop {
            Hop::Router(_, ms) => ms.to_string(),
            Hop::Answered(state, ms) => format!("{} {ms}", state.word()),
            Hop::TurnedAway(_) => "turned-away".to_owned(),
            Hop::Silent => "silent".to_owned(),
        });
        book.note(keys.port.clone(), self.port);
        book.note(keys.hops.clone(), hops.collect::<Vec<_>>());
        book.note(keys.answers.clone(), answers.collect::<Vec<_>>());
        if let Some(distance) = self.distance() {
            book.note(keys.distance.clone(), distance);
        }
        if let Some((hop, router)) = self.last_heard() {
            book.note(keys.last_heard.clone(), router);
            book.note(keys.last_hop.clone(), hop);
        }
    }
}

/// The keys under which a route is written down.
pub(super) struct RouteKeys {
    port: Key<u16>,
    hops: Key<Vec<String>>,
    answers: Key<Vec<String>>,
    distance: Key<usize>,
    last_heard: Key<IpAddr>,
    last_hop: Key<usize>,
}

pub(super) static OWN: RouteKeys = RouteKeys {
    port: keys::PORT,
    hops: keys::HOPS,
    answers: keys::ANSWERS,
    distance: keys::DISTANCE,
    last_heard: keys::LAST_HEARD,
    last_hop: keys::LAST_HOP,
};
pub(super) static CONTRAST: RouteKeys = RouteKeys {
    port: keys::CONTRAST_PORT,
    hops: keys::CONTRAST_HOPS,
    answers: keys::CONTRAST_ANSWERS,
    distance: keys::CONTRAST_DISTANCE,
    last_heard: keys::CONTRAST_LAST_HEARD,
    last_hop: keys::CONTRAST_LAST_HOP,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn router(last: u8) -> Hop {
        Hop::Router(IpAddr::from([10, 0, 0, last]), 3)
    }

    #[test]
    fn a_way_is_drawn() {
        let server = IpAddr::from([192, 0, 2, 1]);
        let route = Route { port: 587, hops: vec![router(1), Hop::Silent, router(3), Hop::Silent, Hop::Silent] };
        assert_eq!(route.drawn(server).text, "PC > 10.0.0.1 (3 ms) > ? > 10.0.0.3 (3 ms) > no reply after this");
        assert_eq!((route.distance(), route.last_heard()), (None, Some((3, IpAddr::from([10, 0, 0, 3])))));
        let open = Route { port: 465, hops: vec![router(1), Hop::Answered(PortState::Open, 9)] };
        assert_eq!(open.drawn(server).text, "PC > 10.0.0.1 (3 ms) > 192.0.2.1 open (9 ms)");
        assert_eq!(open.distance(), Some(2));
    }
}
