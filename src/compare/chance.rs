//! How likely it is that something goes together by chance alone: Fisher's exact test, one-sided (R. A. Fisher, "On the
//! interpretation of chi-squared from contingency tables", 1922).

/// The logarithms of the factorials up to a number.
pub struct Chance {
    factorials: Vec<f64>,
}

impl Chance {
    /// For at most so many cases.
    pub fn up_to(most: usize) -> Self {
        let mut factorials = vec![0.0];
        let mut sum = 0.0;
        for number in 1..=most {
            sum += (number as f64).ln();
            factorials.push(sum);
        }
        Chance { factorials }
    }

    fn choose(&self, from: usize, count: usize) -> f64 {
        self.factorials[from] - self.factorials[count] - self.factorials[from - count]
    }

    /// The probability that at least `here` of `with` have a feature which `here + there` of `with + others` have, if it
    /// has nothing to do with which side they are on.
    pub fn of(&self, here: usize, with: usize, there: usize, others: usize) -> f64 {
        let (all, having) = (with + others, here + there);
        let total = self.choose(all, with);
        let ways = (here..=having.min(with)).filter(|count| having - count <= others);
        let sum: f64 = ways
            .map(|count| (self.choose(having, count) + self.choose(all - having, with - count) - total).exp())
            .sum();
        sum.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lady_tasting_tea() {
        // Fisher's own example: eight cups, four of each kind; all right 1/70, three of four right 17/70.
        let chance = Chance::up_to(8);
        assert!((chance.of(4, 4, 0, 4) - 1.0 / 70.0).abs() < 1e-9);
        assert!((chance.of(3, 4, 1, 4) - 17.0 / 70.0).abs() < 1e-9);
    }

    #[test]
    fn two_reports_prove_nothing() {
        let chance = Chance::up_to(1_000);
        assert!((chance.of(1, 1, 0, 1) - 0.5).abs() < 1e-9);
        assert!(chance.of(38, 38, 0, 2) < 0.002);
        assert!(chance.of(500, 500, 0, 500) < 1e-200);
        assert!((chance.of(0, 10, 10, 990) - 1.0).abs() < 1e-9);
    }
}
