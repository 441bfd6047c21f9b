//! What a watch has seen: a round of checks every minute, for a fault that comes and goes. How a round is measured is
//! in `round`.

use std::collections::VecDeque;

/// How many of the latest rounds are remembered.
const MOST_ROUNDS: usize = 500;

/// What a watch has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// The remembered rounds, the oldest first.
    pub rounds: VecDeque<Round>,
    /// Whether it is waiting for the next round.
    pub is_on: bool,
    /// When the next round begins; `None` while one is being measured.
    pub next: Option<jiff::Timestamp>,
}

/// One round of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// When it ended.
    pub at: jiff::Timestamp,
    /// What failed; empty if all was well.
    pub faults: Vec<String>,
}

impl Watch {
    /// What it has seen, in a few words: "3 rounds, 1 failed".
    pub fn says(&self) -> String {
        let failed = self.rounds.iter().filter(|round| !round.faults.is_empty()).count();
        let rounds = match self.rounds.len() {
            1 => "1 round".to_owned(),
            count => format!("{count} rounds"),
        };
        match failed {
            0 => format!("{rounds}, none failed"),
            failed => format!("{rounds}, {failed} failed"),
        }
    }

    /// Remembers a round.
    pub(super) fn add(&mut self, round: Round) {
        self.rounds.push_back(round);
        if self.rounds.len() > MOST_ROUNDS {
            self.rounds.pop_front();
        }
    }
}
