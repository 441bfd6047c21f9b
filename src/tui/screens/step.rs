//! A step of the guide: why it is there, what decided so far, and its question.

use super::parts;
use crate::guide::guide;
use crate::guide::page::{Question, plain};
use crate::guide::rule::Held;
use crate::session::Event;
use crate::tui::app::{Core, Next};
use crate::tui::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The six steps as the documentation names them, and the pages of each.
pub const STEPS: [(&str, &[&str]); 6] = [
    ("Settings", &["who-connects", "elsewhere", "settings"]),
    ("Firewall", &["firewall"]),
    ("Connection", &["connection", "server"]),
    ("Encryption", &["encryption"]),
    ("Log-in", &["login", "sending"]),
    ("Provider", &["caller", "provider"]),
];

/// A page of the guide, and which answer is marked.
pub struct StepView {
    page: String,
    selected: usize,
    scroll: usize,
    by_hand: bool,
}

impl StepView {
    /// This page.
    pub fn new(page: &str) -> Self {
        StepView { page: page.to_owned(), selected: 0, scroll: 0, by_hand: false }
    }

    /// This page, with what to do by hand.
    pub fn by_hand(page: &str) -> Self {
        StepView { by_hand: true, ..StepView::new(page) }
    }

    /// The page of the open question, or of one that was answered; none where nothing was asked.
    pub fn with_question(core: &Core) -> Option<Self> {
        let open = core.diagnosis.questions.first().map(|question| question.name.clone());
        let name = open.or_else(|| core.session.answers.keys().next().cloned())?;
        let found = guide().pages().find(|(_, page)| page.questions.iter().any(|question| question.name == name));
        found.map(|(page, _)| StepView::new(page))
    }

    /// The page where the walk stands.
    pub fn current(core: &Core) -> Self {
        let last = core.diagnosis.path.iter().rfind(|step| !step.page.starts_with("causes/"));
        StepView::new(last.map_or(crate::guide::START, |step| &step.page))
    }

    /// The questions of the page that are open or answered, with those that matter first.
    fn questions<'a>(&self, core: &Core) -> Vec<&'a Question> {
        let Some(page) = guide().page(&self.page) else { return Vec::new() };
        let asked = |question: &&Question| {
            core.session.answers.contains_key(&question.name)
                || core.diagnosis.questions.iter().any(|open| open.name == question.name)
        };
        page.questions.iter().filter(asked).collect()
    }

    /// The answers that can be chosen: question and word.
    fn choices<'a>(&self, core: &Core) -> Vec<(&'a Question, &'a str)> {
        let questions = self.questions(core);
        questions
            .into_iter()
            .flat_map(|question| question.words.iter().map(move |word| (question, word.as_str())))
            .collect()
    }

    pub(super) fn act(&mut self, action: Action, core: &mut Core) -> Next {
        let choices = self.choices(core);
        match action {
            Action::Up if !choices.is_empty() => self.selected = self.selected.saturating_sub(1),
            Action::Down if !choices.is_empty() => self.selected = (self.selected + 1).min(choices.len() - 1),
            _ if parts::scroll(action, &mut self.scroll) => {}
            Action::Left => self.turn(-1),
            Action::Right => self.turn(1),
            Action::ByHand => self.by_hand = !self.by_hand,
            Action::Open | Action::Choose(_) => {
                let index = if let Action::Choose(index) = action { usize::from(index) } else { self.selected };
                if let Some((question, word)) = choices.get(index) {
                    core.apply(Event::Answered { question: question.name.clone(), answer: Some((*word).to_owned()) });
                    core.message = Some(format!("answered: {}", word.replace('-', " ")));
                    return Next::Back;
                }
            }
            Action::Withdraw => {
                for question in self.questions(core) {
                    core.apply(Event::Answered { question: question.name.clone(), answer: None });
                }
                core.message = Some("answer withdrawn".to_owned());
            }
            Action::Answer => {}
            Action::Back => return Next::Back,
            other => return super::dashboard::common(other, core),
        }
        Next::Stay
    }

    /// To the step before or after.
    fn turn(&mut self, by: isize) {
        let pages: Vec<&str> = STEPS.iter().flat_map(|(_, pages)| pages.iter().copied()).collect();
        let at = pages.iter().position(|page| *page == self.page).unwrap_or(0);
        let next = at.saturating_add_signed(by).min(pages.len() - 1);
        *self = StepView { by_hand: self.by_hand, ..StepView::new(pages[next]) };
    }

    fn lines(&self, core: &Core, width: u16) -> Vec<Line<'static>> {
        let theme = core.theme;
        let Some(page) = guide().page(&self.page) else { return Vec::new() };
        let mut lines = vec![Line::styled(format!(" {}", theme.text(&page.title)), theme.strong()), Line::default()];
        lines.extend(parts::paragraph(theme, &plain(&page.intro.replace('\n', " ")), width, theme.dim()));
        if self.by_hand {
            lines.push(parts::rule_line(theme, "By hand", "", width));
            let steps: Vec<String> = page.items("Check it by hand").iter().map(|item| plain(item)).collect();
            lines.extend(parts::items(theme, &steps, width, true));
        }
        lines.push(parts::rule_line(theme, "What decides", "the first line that holds", width));
        let facts = core.session.facts();
        let mut decided = false;
        for rule in &page.rules {
            let held = rule.holds(&facts);
            let (word, style) = match &held {
                _ if decided => break,
                Held::Yes => ("yes", theme.strong()),
                Held::No => ("no", theme.dim()),
                Held::Unknown(_) => ("unknown", theme.dim()),
                Held::Pending(_) => ("waits", theme.dim()),
            };
            decided = matches!(held, Held::Yes | Held::Pending(_));
            let terms: Vec<String> = rule.terms.iter().map(ToString::to_string).collect();
            let terms = if terms.is_empty() { "otherwise".to_owned() } else { terms.join(" and ") };
            let to =
                guide().page(&rule.then).map_or("", |page| page.title.split('{').next().unwrap_or_default().trim());
            let text = format!("  {word:<9}{terms} > {to}");
            lines.extend(
                parts::wrapped(theme, &text, usize::from(width) - 1, 11)
                    .into_iter()
                    .map(|line| Line::styled(line, style)),
            );
        }
        lines
    }

    fn question_lines(&self, core: &Core, width: u16) -> Vec<Line<'static>> {
        let theme = core.theme;
        let mut lines = Vec::new();
        let mut index = 0;
        for question in self.questions(core) {
            let given = core.session.answers.get(&question.name);
            let right = if given.is_some() { "0 withdraws the answer" } else { "without an answer: don't know" };
            lines.push(parts::rule_line(theme, "Question", right, width));
            lines.extend(parts::paragraph(theme, &question.text, width, theme.strong()));
            for word in &question.words {
                let mark = if index == self.selected { ">" } else { " " };
                let is_given = given == Some(word);
                let style = if index == self.selected { theme.selected() } else { ratatui::style::Style::new() };
                lines.push(Line::from_iter([
                    Span::raw(format!(" {mark} {}  ", index + 1)),
                    Span::styled(word.replace('-', " "), style),
                    Span::raw(if is_given { "   (answered)" } else { "" }),
                ]));
                index += 1;
            }
        }
        lines
    }

    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let number = STEPS.iter().position(|(_, pages)| pages.contains(&self.page.as_str())).unwrap_or(0);
        let title = format!("Step {} of 6: {}", number + 1, STEPS[number].0);
        let body = parts::page(frame, area, core, Place::Step, &title, &core.session.account.address.to_string());
        let question = self.question_lines(core, body.width);
        let height = u16::try_from(question.len()).unwrap_or(u16::MAX).min(body.height * 2 / 3);
        let [top, bottom] = ratatui::layout::Layout::vertical([
            ratatui::layout::Constraint::Min(1),
            ratatui::layout::Constraint::Length(height),
        ])
        .areas(body);
        parts::scrolled(frame, top, self.lines(core, top.width), self.scroll);
        parts::scrolled(frame, bottom, question, self.selected.saturating_sub(usize::from(height).saturating_sub(4)));
    }
}
