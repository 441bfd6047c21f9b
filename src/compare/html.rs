//! The comparison as one HTML file, in the style of a report's: no script, no request, prints on A4 and Letter. The
//! template escapes everything.

use super::page::Page;
use crate::report::first_page::Body;
use askama::Template;

#[derive(Template)]
#[template(path = "compare.html")]
struct Shown<'a> {
    page: &'a Page,
}

/// The page; the error is a message for people.
pub(super) fn html(page: &Page) -> Result<String, String> {
    Shown { page }.render().map_err(|error| format!("the page could not be made: {error}"))
}
