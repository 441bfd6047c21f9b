//! The guide: the pages of `docs/guide`, which are the decision tree. They are parsed, checked and walked here; the
//! guide knows only facts.

mod asked;
mod check;
pub mod graph;
pub mod judge;
mod order;
pub mod page;
pub mod rule;
pub mod search;
pub mod walk;

use crate::pages::Fault;
use crate::text::small_sort::SmallSort;
use page::Page;
use std::collections::BTreeMap;
use std::fmt;

/// The page where every walk begins.
pub const START: &str = "who-connects";
/// The page whose rows are listed, not walked.
pub const ALSO: &str = "also";
/// The page that limits how certain any verdict may be.
pub const CERTAINTY: &str = "certainty";
/// The page that decides by what the caller sees.
pub const CALLER: &str = "caller";
/// The cause of a case without a fault.
pub const HEALTHY: &str = "healthy";
/// The cause of a case that is not decided, with advice on how to find out more.
pub const UNDETERMINED: &str = "undetermined";
/// The section of a step that says what a person would do without this program.
pub const BY_HAND: &str = "Check it by hand";

/// All pages by name: `firewall`, `causes/blocked-local`, `programs/other`.
pub struct Guide {
    pages: BTreeMap<String, Page>,
    steps: Vec<Step>,
    causes: Vec<String>,
}

/// A step as people see it: a name, and the pages that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The short name: the line `Step:` of its pages.
    pub name: String,
    /// The pages, in the order of the walk.
    pub pages: Vec<String>,
}

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The page.
    pub page: String,
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong, and what to do.
    pub why: String,
}

impl Mistake {
    pub(crate) fn new(page: &str, fault: Fault) -> Self {
        Mistake { page: page.to_owned(), line: fault.line, why: fault.why }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.md:{}: {}", self.page, self.line, self.why)
    }
}

/// Everything that is wrong with some pages, by page and line.
#[derive(Debug)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Mistake::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Guide {
    /// Reads pages by name and text, and checks that they fit together and contain no placeholders other than these.
    /// The error says everything that is wrong with them.
    pub fn read(
        texts: impl IntoIterator<Item = (String, impl AsRef<str>)>,
        placeholders: &[&str],
    ) -> Result<Self, Mistakes> {
        let mut pages = BTreeMap::new();
        let mut mistakes = Vec::new();
        for (name, text) in texts {
            match Page::parse(&name, text.as_ref()) {
                Ok(page) => drop(pages.insert(name, page)),
                Err(faults) => mistakes.extend(faults.into_iter().map(|fault| Mistake::new(&name, fault))),
            }
        }
        // Until every page can be read, whatever else is said might only follow from that.
        if mistakes.is_empty() {
            match check::check(&pages, placeholders) {
                Ok(order) => return Ok(Guide { steps: order.steps, causes: order.causes, pages }),
                Err(found) => mistakes = found,
            }
        }
        mistakes.small_sort_by(|a, b| (&a.page, a.line).cmp(&(&b.page, b.line)));
        Err(Mistakes(mistakes))
    }

    /// The page with this name.
    pub fn page(&self, name: &str) -> Option<&Page> {
        self.pages.get(name)
    }

    /// The page of a cause.
    pub fn cause(&self, cause: &str) -> Option<&Page> {
        self.pages.get(&format!("causes/{cause}"))
    }

    /// A cause in words that fit any case, if nothing was measured for it: "The port is not the right one for
    /// sending".
    pub fn headline<'a>(&'a self, cause: &'a str) -> &'a str {
        self.cause(cause).map_or(cause, Page::headline)
    }

    /// All pages.
    pub fn pages(&self) -> impl Iterator<Item = (&str, &Page)> {
        self.pages.iter().map(|(name, page)| (name.as_str(), page))
    }

    /// The steps, in the order of the walk.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The causes, in the order in which the steps lead to them.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }
}
