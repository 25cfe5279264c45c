//! Keys in a line of text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// Does what a key means in a line of text; `false` where it means nothing there.
pub fn type_into(input: &mut Input, key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let request = match (key.code, control, alt) {
        (KeyCode::Char(c), false, false) => InputRequest::InsertChar(c),
        (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, false) => {
            InputRequest::DeletePrevChar
        }
        (KeyCode::Delete, false, false) => InputRequest::DeleteNextChar,
        (KeyCode::Left, false, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false, false) => InputRequest::GoToNextChar,
        (KeyCode::Left, true, false) | (KeyCode::Char('b'), false, true) => {
            InputRequest::GoToPrevWord
        }
        (KeyCode::Right, true, false) | (KeyCode::Char('f'), false, true) => {
            InputRequest::GoToNextWord
        }
        (KeyCode::Backspace, _, _) | (KeyCode::Char('w'), true, false) => {
            InputRequest::DeletePrevWord
        }
        (KeyCode::Delete, _, _) => InputRequest::DeleteNextWord,
        (KeyCode::Home, ..) | (KeyCode::Char('a'), true, false) => InputRequest::GoToStart,
        (KeyCode::End, ..) | (KeyCode::Char('e'), true, false) => InputRequest::GoToEnd,
        (KeyCode::Char('u'), true, false) => InputRequest::DeleteLine,
        (KeyCode::Char('k'), true, false) => InputRequest::DeleteTillEnd,
        _ => return false,
    };
    input.handle(request);
    true
}

/// Does what a key means in a line of text that is selected: what is typed
/// replaces it, other keys edit it.
pub fn type_over(input: &mut Input, key: KeyEvent) {
    let held = KeyModifiers::CONTROL | KeyModifiers::ALT;
    let plain = !key.modifiers.intersects(held);
    match key.code {
        KeyCode::Char(_) if plain => input.reset(),
        KeyCode::Backspace | KeyCode::Delete => {
            input.reset();
            return;
        }
        _ => {}
    }
    type_into(input, key);
}

/// Inserts a text at the cursor.
pub fn insert(input: &mut Input, text: &str) {
    for c in text.chars() {
        input.handle(InputRequest::InsertChar(c));
    }
}
