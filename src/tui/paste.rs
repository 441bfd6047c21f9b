//! Pasted text. Unix terminals mark it (bracketed paste, see `terminal`); the Windows console delivers it as single
//! keys, and only their speed shows that it was pasted.

use ratatui::crossterm::event::{Event as Input, KeyCode, KeyEventKind};
use zeroize::{Zeroize, Zeroizing};

/// Inputs that were waiting at the same moment, sorted into keys and pastes. An Enter with more characters right after
/// it was not typed by hand, and must neither start the checks nor turn what follows into commands: together they are
/// a paste.
pub(super) fn joined(events: Vec<Input>) -> Vec<Input> {
    // It may be a password; a character takes four bytes at most, so that it does not grow.
    let mut text = Zeroizing::new(String::with_capacity(4 * events.len()));
    text.extend(events.iter().filter_map(typed));
    let has_inner_line_end = text.trim_end().contains('\n');
    let is_text = events.iter().all(|event| typed(event).is_some() || is_release(event));
    if has_inner_line_end && is_text { vec![Input::Paste(std::mem::take(&mut *text))] } else { events }
}

/// Wipes what was pasted: it may have been a password.
pub(super) fn wipe(events: &mut [Input]) {
    for event in events {
        if let Input::Paste(text) = event {
            text.zeroize();
        }
    }
}

/// The character that a key types.
fn typed(event: &Input) -> Option<char> {
    let Input::Key(key) = event else { return None };
    match key.code {
        _ if key.kind == KeyEventKind::Release => None,
        KeyCode::Char(c) => Some(c),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    }
}

fn is_release(event: &Input) -> bool {
    matches!(event, Input::Key(key) if key.kind == KeyEventKind::Release)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::{KeyEvent, KeyModifiers};

    fn keys(text: &str) -> Vec<Input> {
        let code = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
        text.chars().map(|c| Input::Key(KeyEvent::new(code(c), KeyModifiers::NONE))).collect()
    }

    #[test]
    fn a_paste_that_comes_as_keys_starts_nothing() {
        assert_eq!(joined(keys("0x800CCC0F\nquit")), [Input::Paste("0x800CCC0F\nquit".to_owned())]);
        for hand in ["anna@example.com\n", "\n", "q", "\n\n"] {
            assert_eq!(joined(keys(hand)), keys(hand), "{hand:?}");
        }
        let up = Input::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
        let mixed: Vec<Input> = keys("a\nb").into_iter().chain([up]).collect();
        assert_eq!(joined(mixed.clone()), mixed);
    }
}
