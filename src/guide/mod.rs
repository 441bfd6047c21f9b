//! The guide: the pages of `docs/guide`, which are the decision tree. Parsed, checked and walked here; knows facts only.

pub mod page;
pub mod rule;
pub mod walk;

use include_dir::{Dir, include_dir};
use page::Page;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/guide");
static LEARN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/learn");

/// The page where every walk begins.
pub const START: &str = "who-connects";
/// The page whose rows are listed, not walked.
pub const ALSO: &str = "also";
/// The page with the words on how to find out more.
pub const UNDETERMINED: &str = "undetermined";

/// All pages by name: `firewall`, `causes/blocked-local`, `programs/other`.
pub struct Guide {
    pages: BTreeMap<String, Page>,
}

static GUIDE: LazyLock<Guide> = LazyLock::new(|| Guide::read(&PAGES).expect("the embedded guide is checked by a test"));

/// The guide that is built in.
pub fn guide() -> &'static Guide {
    &GUIDE
}

/// The background pages, by name.
pub fn learn() -> BTreeMap<String, &'static str> {
    LEARN
        .files()
        .filter_map(|file| Some((file.path().file_stem()?.to_str()?.to_owned(), file.contents_utf8()?)))
        .collect()
}

impl Guide {
    fn read(dir: &Dir<'static>) -> Result<Self, String> {
        let mut pages = BTreeMap::new();
        let folders = std::iter::once(dir).chain(dir.dirs());
        for file in folders.flat_map(|folder| folder.files()) {
            let path = file.path().with_extension("");
            let name = path.to_string_lossy().replace('\\', "/");
            let text = file.contents_utf8().ok_or_else(|| format!("{name}: not UTF-8"))?;
            if name != "README" {
                pages.insert(name.clone(), Page::parse(&name, text)?);
            }
        }
        let guide = Guide { pages };
        guide.check()?;
        Ok(guide)
    }

    /// A page by its name.
    pub fn page(&self, name: &str) -> Option<&Page> {
        self.pages.get(name)
    }

    /// The page of a cause.
    pub fn cause(&self, cause: &str) -> Option<&Page> {
        self.pages.get(&format!("causes/{cause}"))
    }

    /// A cause in words that fit any case, where nothing was measured for it: "The port is not the right one for sending".
    pub fn headline(&self, cause: &str) -> String {
        let title = self.cause(cause).map_or(cause, |page| page.title.as_str());
        let title = title.replace("Port {port}", "The port").replace("port {port}", "the port");
        title.replace("than {security}", "than the one set").replace(": use {wanted.server}", "")
    }

    /// All pages.
    pub fn pages(&self) -> impl Iterator<Item = (&str, &Page)> {
        self.pages.iter().map(|(name, page)| (name.as_str(), page))
    }

    /// Every link leads somewhere, every fact and word is in the vocabulary, every page is reached, every walk ends.
    fn check(&self) -> Result<(), String> {
        let mut reached = BTreeSet::new();
        let mut on_the_way = Vec::new();
        self.follow(START, &mut reached, &mut on_the_way)?;
        for (name, page) in &self.pages {
            page.check(self)?;
            let is_step = !name.contains('/') && name != ALSO;
            if is_step && !reached.contains(name.as_str()) {
                return Err(format!("{name}: no page leads here"));
            }
        }
        let also = self.pages.get(ALSO).ok_or("also: there is no such page")?;
        for rule in &also.rules {
            if rule.cause().is_none() {
                return Err(format!("also: {} is no cause", rule.then));
            }
        }
        for cause in crate::facts::vocabulary::CAUSES {
            let headline = self.headline(cause);
            if headline.contains('{') {
                return Err(format!("causes/{cause}: \"{headline}\" needs words in Guide::headline"));
            }
            self.cause(cause).ok_or_else(|| format!("causes/{cause}: there is no such page"))?;
        }
        Ok(())
    }

    fn follow<'a>(
        &'a self,
        name: &'a str,
        reached: &mut BTreeSet<&'a str>,
        on_the_way: &mut Vec<&'a str>,
    ) -> Result<(), String> {
        if on_the_way.contains(&name) {
            return Err(format!("{name}: a walk could come here for ever ({})", on_the_way.join(" > ")));
        }
        let page = self.pages.get(name).ok_or_else(|| format!("{name}: there is no such page"))?;
        if !reached.insert(name) {
            return Ok(());
        }
        on_the_way.push(name);
        for rule in &page.rules {
            if rule.then != name {
                self.follow(&rule.then, reached, on_the_way)?;
            }
        }
        on_the_way.pop();
        let is_step = !name.contains('/');
        if is_step && !page.rules.last().is_some_and(|rule| rule.terms.is_empty()) {
            return Err(format!("{name}: the last row must be \"otherwise\""));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_guide_is_sound() {
        if let Err(why) = Guide::read(&PAGES) {
            panic!("{why}");
        }
    }
}
