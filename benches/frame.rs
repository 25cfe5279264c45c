//! How long a key takes until its frame is drawn, on a screen of 200 x 60 over
//! a workbook of 1,000,000 rows: the lesson's network (ten inputs, two units).
//! The goal is 5 ms a frame.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use gradsheet::csv::Texts;
use gradsheet::engine::Engine;
use gradsheet::formula;
use gradsheet::grid::{Pos, Rect, SheetId};
