//! Texts as our patterns look at them: small letters without accents, Cyrillic letters as Latin ones, typographic signs as plain
//! ones. So a pattern finds its words in capitals, decomposed (as macOS writes them) or without the accents that were
//! lost on the way, and `\b` and `\w` hold for them in a regex library that knows ASCII alone.

use unicode_normalization::char::decompose_canonical;

/// A text as patterns look at it.
pub fn folded(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    text.chars().for_each(|c| fold(c, |c| all.push(c.to_ascii_lowercase())));
    all
}

/// The same, and where each of its bytes was; one more says where the text ends.
pub(super) fn folded_with_places(text: &str) -> (String, Vec<usize>) {
    let (mut all, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
    for (at, c) in text.char_indices() {
        fold(c, |c| all.push(c.to_ascii_lowercase()));
        places.resize(all.len(), at);
    }
    places.push(text.len());
    (all, places)
}

/// A pattern that finds folded texts. It is written in lower case; what it has in capitals is a class such as `\S`.
pub fn folded_pattern(pattern: &str) -> String {
    let mut all = String::with_capacity(pattern.len());
    pattern.chars().for_each(|c| fold(c, |c| all.push(c)));
    all
}

/// What stands for a character: nothing for an accent by itself and for what is not seen.
fn fold(c: char, mut push: impl FnMut(char)) {
    if c.is_ascii() {
        return push(c);
    }
    for small in c.to_lowercase() {
        decompose_canonical(small, |part| match plain(part) {
            Some(plain) => plain.chars().for_each(&mut push),
            None => push(part),
        });
    }
}

/// What stands for a character that no accent is taken from.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        // Accents by themselves, soft hyphens, marks of direction and joiners.
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => "",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ı' => "i",
        '‘' | '’' | '‚' | '´' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‐' | '‑' | '–' | '—' => "-",
        '…' => "...",
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' => " ",
        'а'..='я' => CYRILLIC[(c as usize) - ('а' as usize)],
        'є' => "e",
        'і' => "i",
        'ґ' => "g",
        _ => return None,
    })
}

/// Of а to я, by one letter each.
const CYRILLIC: [&str; 32] = [
    "a", "b", "v", "g", "d", "e", "j", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h", "c",
    "c", "s", "s", "q", "y", "q", "e", "u", "a",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_folded() {
        for (text, says) in [
            ("Échec de la REMISE", "echec de la remise"),
            ("Empfa\u{308}nger unzula\u{308}ssig", "empfanger unzulassig"),
            ("Größe “zu groß” … – nie udało się", "grosse \"zu gross\" ... - nie udalo sie"),
            ("Неверный пароль", "nevernyi parolq"),
            ("server\u{a0}said: 用户不存在", "server said: 用户不存在"),
        ] {
            assert_eq!(folded(text), says);
        }
        assert_eq!(folded_pattern(r"\S+ gefällt|[éè]\b"), r"\S+ gefallt|[ee]\b");
    }

    proptest::proptest! {
        #[test]
        fn every_byte_has_its_place(text: String) {
            let (all, places) = folded_with_places(&text);
            proptest::prop_assert_eq!(&all, &folded(&text));
            proptest::prop_assert_eq!(places.len(), all.len() + 1);
            proptest::prop_assert!(places.iter().all(|at| text.is_char_boundary(*at)) && places.is_sorted());
        }
    }
}
