//! Which parts of a case can matter to a verdict, by the step of the guide that decided it: that a password is wrong is
//! not explained by another router. A step of a company's own pages may depend on anything.

use super::features::{About, Verdict};
use crate::session::diagnosis::Outcome;

/// The steps of the guide, each with what can matter to it.
const STEPS: &[(&str, &[About])] = &[
    ("who-connects", &[About::Settings, About::Program, About::Machine]),
    ("settings", &[About::Settings, About::Program, About::Account]),
    ("elsewhere", &[About::Settings, About::Program, About::Machine]),
    ("gateway", &[About::Settings, About::Program, About::Machine]),
    ("device", &[About::Settings, About::Program, About::Network, About::Server, About::Account]),
    ("exchange", &[About::Network, About::Names, About::Machine, About::Program, About::Server, About::Account]),
    ("firewall", &[About::Network, About::Machine, About::Settings]),
    ("connection", &[About::Network, About::Names, About::Machine, About::Settings]),
    ("server", &[About::Server, About::Network, About::Names, About::Settings]),
    ("encryption", &[About::Server, About::Program, About::Machine, About::Network, About::Names, About::Settings]),
    ("login", &[About::Account, About::Settings, About::Program, About::Server]),
    ("sending", &[About::Account, About::Settings, About::Server, About::Network]),
    ("caller", &[About::Account, About::Settings, About::Program, About::Server]),
    ("comes-back", &[About::Account, About::Settings, About::Server, About::Network]),
    ("provider", &[About::Account, About::Server, About::Network]),
];

/// Whether this part of a case can explain that one of these verdicts is not the other.
pub fn can_matter(about: About, verdicts: [&Verdict; 2]) -> bool {
    if matches!(about, About::Finding | About::Time | About::Measurement) {
        return false;
    }
    // A verdict without a fault is decided by nothing that it found.
    let faults = verdicts.iter().filter(|verdict| verdict.outcome != Outcome::CanSend);
    faults.into_iter().any(|verdict| match STEPS.iter().find(|(step, _)| *step == verdict.step) {
        Some((_, parts)) => parts.contains(&about),
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::guide;

    fn verdict(outcome: Outcome, step: &str) -> Verdict {
        let step = step.to_owned();
        Verdict { outcome, cause: String::new(), title: String::new(), certainty: String::new(), step }
    }

    #[test]
    fn every_step_of_the_guide_has_a_row() {
        for page in guide().steps().iter().flat_map(|step| &step.pages) {
            assert!(STEPS.iter().any(|(name, _)| name == page), "the step {page} has no row");
        }
        for (name, _) in STEPS {
            assert!(guide().page(name).is_some(), "there is no step {name}");
        }
    }

    #[test]
    fn a_wrong_password_is_not_explained_by_a_router() {
        let healthy = verdict(Outcome::CanSend, "provider");
        let password = verdict(Outcome::CannotSend, "login");
        let blocked = verdict(Outcome::CannotSend, "firewall");
        assert!(!can_matter(About::Network, [&password, &healthy]));
        assert!(can_matter(About::Account, [&healthy, &password]));
        assert!(can_matter(About::Network, [&blocked, &healthy]));
        assert!(!can_matter(About::Account, [&blocked, &healthy]));
        assert!(!can_matter(About::Time, [&blocked, &healthy]));
        assert!(can_matter(About::Account, [&verdict(Outcome::Unsure, "a page of our own"), &healthy]));
    }
}
