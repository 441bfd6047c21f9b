//! A step of the guide: why it is there, what has decided so far, and its question.

use super::{case_keys, parts};
use crate::guide::page::{Page, Question};
use crate::guide::rule::{Held, Term};
use crate::pages::markdown::plain;
use crate::session::placeholders::unfilled;
use crate::session::{Event, guide};
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// A page of the guide, and which answer is marked.
pub struct StepView {
    page: String,
    selected: usize,
    scroll: Scroll,
    by_hand: bool,
    /// Whether there is something to answer on this page.
    asks: bool,
}

impl StepView {
    /// This page; the answer that was given is marked.
    fn new(page: &str, core: &Core) -> Self {
        let mut view =
            StepView { page: page.to_owned(), selected: 0, scroll: Scroll::default(), by_hand: false, asks: false };
        let choices = view.choices(core);
        let given = |(question, word): &(&Question, &str)| {
            core.session.answers.get(&question.name).is_some_and(|given| given == word)
        };
        (view.selected, view.asks) = (choices.iter().position(given).unwrap_or(0), !choices.is_empty());
        view
    }

    /// The page that the walk has reached, with what to do by hand.
    pub fn by_hand(core: &Core) -> Self {
        StepView { by_hand: true, ..StepView::current(core) }
    }

    /// The page of the open question, or of one that was answered; `None` if nothing was asked.
    pub fn with_question(core: &Core) -> Option<Self> {
        let open = core.diagnosis.questions.first().map(|question| question.name.clone());
        let name = open.or_else(|| core.session.answers.keys().next().cloned())?;
        let found = guide().pages().find(|(_, page)| page.questions.iter().any(|question| question.name == name));
        found.map(|(name, _)| StepView::new(name, core))
    }

    /// The page that the walk has reached.
    pub fn current(core: &Core) -> Self {
        StepView::new(core.diagnosis.last_step().unwrap_or(crate::guide::START), core)
    }

    /// The page's questions that are open or answered.
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

    /// Answers with the choice of this number, counting from 0.
    fn answer(&mut self, index: usize, core: &mut Core) -> Next {
        let choices = self.choices(core);
        match choices.get(index) {
            Some((question, word)) => {
                core.apply(Event::Answered { question: question.name.clone(), answer: Some((*word).to_owned()) });
                core.say(format!("answered: {}", word.replace('-', " ")));
                Next::Back
            }
            None if choices.is_empty() => {
                core.say("this step has no question now; a goes to the open one");
                Next::Stay
            }
            None => {
                core.say(format!("no answer {} here: 1 to {}", index + 1, choices.len()));
                Next::Stay
            }
        }
    }

    fn withdraw(&self, core: &mut Core) {
        let questions = self.questions(core);
        let given = questions.iter().filter(|question| core.session.answers.contains_key(&question.name));
        let given: Vec<String> = given.map(|question| question.name.clone()).collect();
        core.say(if given.is_empty() { "there is no answer to withdraw here" } else { "answer withdrawn" });
        for question in given {
            core.apply(Event::Answered { question, answer: None });
        }
    }

    /// Goes to the question, wherever it is.
    fn go_to_question(&mut self, core: &mut Core) {
        match StepView::with_question(core) {
            Some(step) if step.page != self.page || self.by_hand => *self = step,
            _ => core.say("the question is below: a number or Enter answers it"),
        }
    }

    /// Goes to the previous or next step.
    fn turn(&mut self, by: isize, core: &mut Core) {
        let pages: Vec<&str> = guide().steps().iter().flat_map(|step| &step.pages).map(String::as_str).collect();
        let at = pages.iter().position(|page| *page == self.page).unwrap_or(0);
        match at.checked_add_signed(by).and_then(|next| pages.get(next)) {
            Some(page) => *self = StepView { by_hand: self.by_hand, ..StepView::new(page, core) },
            None => core.say(if by < 0 { "this is the first step" } else { "this is the last step" }),
        }
    }

    fn lines(&self, core: &Core, width: u16) -> Vec<Line<'static>> {
        let theme = core.theme;
        let Some(page) = guide().page(&self.page) else { return Vec::new() };
        let mut lines = parts::paragraph(theme, &page.text.title, width, theme.strong());
        lines.push(Line::default());
        // First: at a small size there may be room for little more.
        if self.by_hand {
            lines.push(parts::rule_line(theme, "By hand", "", width));
            lines.extend(parts::items(theme, &core.session.by_hand(page), width, true));
        }
        lines.extend(parts::paragraph(theme, &plain(&page.text.intro.replace('\n', " ")), width, theme.dim()));
        lines.push(parts::rule_line(theme, "What decides", "the first line that applies", width));
        let mut decided = false;
        for rule in &page.rules {
            let held = rule.holds(&core.facts);
            let (word, style) = match &held {
                _ if decided => break,
                Held::Yes => ("yes", theme.strong()),
                Held::No => ("ruled out", theme.dim()),
                Held::Unknown(_) => ("unknown", theme.dim()),
                Held::Pending(_) => ("waits", theme.dim()),
            };
            decided = matches!(held, Held::Yes | Held::Pending(_));
            let terms: Vec<String> = rule.terms.iter().map(Term::in_words).collect();
            let terms = if terms.is_empty() { "otherwise".to_owned() } else { terms.join(" and ") };
            let to = guide().page(&rule.then).map_or("", Page::headline);
            let text = format!("  {word:<11}{terms} {} {to}", core.theme.arrow());
            lines.extend(
                parts::wrapped(theme, &text, usize::from(width) - 1, 13)
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
            let open = core.diagnosis.questions.iter().find(|open| open.name == question.name);
            let text = open.map_or_else(|| unfilled(&question.text), |open| open.text.clone());
            lines.extend(parts::paragraph(theme, &text, width, theme.strong()));
            for word in &question.words {
                let mark = if index == self.selected { ">" } else { " " };
                let is_given = given == Some(word);
                let style = if index == self.selected { theme.selected() } else { Style::new() };
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
}

impl View for StepView {
    fn place(&self) -> Place {
        if self.asks { Place::Question } else { Place::Step }
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.scroll.by(by * WHEEL);
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        let choices = self.choices(core).len();
        match action {
            Action::Up if choices > 0 => self.selected = self.selected.saturating_sub(1),
            Action::Down if choices > 0 => self.selected = (self.selected + 1).min(choices - 1),
            _ if self.scroll.act(action) => {}
            Action::Left => self.turn(-1, core),
            Action::Right => self.turn(1, core),
            Action::ByHand => self.by_hand = !self.by_hand,
            Action::Open => return self.answer(self.selected, core),
            Action::Choose(number) => return self.answer(usize::from(number).saturating_sub(1), core),
            Action::Withdraw => self.withdraw(core),
            Action::Answer => self.go_to_question(core),
            other => return case_keys::act(other, self.place(), core),
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let steps = guide().steps();
        let number = steps.iter().position(|step| step.pages.contains(&self.page)).unwrap_or(0);
        let name = steps.get(number).map_or("", |step| &step.name);
        let title = format!("Step {} of {}: {name}", number + 1, steps.len());
        let question = self.question_lines(core, area.width);
        let whole = parts::body(area, core);
        let height = u16::try_from(question.len()).unwrap_or(u16::MAX).min(whole.height * 2 / 3);
        let [top, bottom] = Layout::vertical([Constraint::Min(1), Constraint::Length(height)]).areas(whole);
        let lines = self.lines(core, top.width);
        self.scroll.measure(top.height, lines.len());
        let right = match self.scroll.place() {
            at if at.is_empty() => core.session.account.address.to_string(),
            at => at,
        };
        parts::page(frame, area, core, self.place(), &title, &right);
        parts::scrolled(frame, top, lines, &mut self.scroll);
        let mut marked = Scroll::default();
        marked.measure(bottom.height, question.len());
        // The marked answer; the question's rule and text are above it.
        let answers: usize = self.choices(core).len();
        let line = question.len().saturating_sub(answers) + self.selected;
        marked.keep_in_sight(line.saturating_sub(self.selected), line);
        parts::scrolled(frame, bottom, question, &mut marked);
    }
}
