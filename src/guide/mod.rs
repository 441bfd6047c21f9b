//! The guide: the pages of `docs/guide`, which are the decision tree. They are parsed, checked and walked here; the
//! guide knows only facts.

mod check;
pub mod judge;
pub mod page;
pub mod rule;
pub mod walk;

use page::Page;
use std::collections::BTreeMap;

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

impl Guide {
    /// Reads pages by name and text, and checks that they fit together and contain no placeholders other than these.
    /// The error names the page and says what to do.
    pub fn read(
        texts: impl IntoIterator<Item = (String, impl AsRef<str>)>,
        placeholders: &[&str],
    ) -> Result<Self, String> {
        let mut pages = BTreeMap::new();
        for (name, text) in texts {
            let page = Page::parse(&name, text.as_ref())?;
            pages.insert(name, page);
        }
        let order = check::check(&pages, placeholders)?;
        Ok(Guide { steps: order.steps, causes: order.causes, pages })
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
