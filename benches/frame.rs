//! How long it takes from a key until its frame is drawn, on a screen of
//! 200 x 60 over a workbook of 1,000,000 rows: the lesson's network with ten
//! inputs, two units and their loss. The goal is 5 ms.

use gradsheet::grid::{Area, Pos, Rect};
use gradsheet::tui::keymap::Chord;
use gradsheet::tui::{App, Document, Happening, Jobs, Settings, Unattended};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Transaction};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect as Screen;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

const ROWS: u32 = 1_000_000;
const INPUTS: u32 = 10;
const SCREEN: (u16, u16) = (200, 60);
/// The formulas of row 4, from column L on.
const FORMULAS: &str = "=SUMPRODUCT($B4:$K4,$B$1:$K$1) =SUMPRODUCT($B4:$K4,$B$2:$K$2) \
     =IF(L4<0,0,L4) =IF(M4<0,0,M4) =N4+O4 =(P4-A4)^2";

struct Bench {
    app: App,
    happenings: Receiver<Happening>,
    terminal: Terminal<TestBackend>,
}

impl Bench {
    fn new() -> Self {
        let (jobs, happenings) = Jobs::new();
        let settings = Settings::default();
        let app = App::new(Document::empty(), settings, jobs, Box::new(Unattended));
        let (width, height) = SCREEN;
        let mut bench = Self {
            app,
            happenings,
            terminal: Terminal::new(TestBackend::new(width, height)).expect("a screen"),
        };
        bench.app.resize(Screen::new(0, 0, width, height));
        bench
    }

    /// The inputs and parameters as numbers; the formulas typed and filled down.
    fn network(&mut self) {
        let sheet = self.app.sheet();
        let number = |row: u32, col: u32| f64::from((row * 7919 + col * 104_729) % 1009) / 1009.0;
        let values = |col: u32, top: u32, rows: u32| {
            let rect = Rect::new(Pos::new(top, col), Pos::new(top + rows - 1, col));
            let numbers = (0..rows).map(|row| Value::Number(number(row, col) - 0.3));
            Edit::SetValues {
                area: Area { sheet, rect },
                values: numbers.collect(),
            }
        };
        let mut edits: Vec<Edit> = (0..=INPUTS).map(|col| values(col, 3, ROWS)).collect();
        edits.extend((1..=INPUTS).map(|col| values(col, 0, 2)));
        let numbers = Transaction::new("Numbers", edits);
        self.app.apply(&numbers).expect("numbers");
        self.keys("Ctrl+G `L4` Enter");
        for formula in FORMULAS.split_whitespace() {
            self.keys(&format!("`{formula}` Tab"));
        }
        let last = ROWS + 3;
        self.keys(&format!("Ctrl+G `L4:Q{last}` Enter Ctrl+D"));
        self.keys(&format!("Ctrl+G `L1` Enter `=AVERAGE(Q4:Q{last})` Enter"));
        self.keys("Ctrl+G `A4` Enter `:freeze` Enter");
    }

    /// Presses a key and draws; how long that took.
    fn press(&mut self, chord: Chord) -> Duration {
        let begin = Instant::now();
        let event = crossterm::event::Event::Key(chord.event());
        self.app.handle(Happening::Input(event));
        self.draw();
        begin.elapsed()
    }

    fn draw(&mut self) {
        let app = &self.app;
        self.terminal
            .draw(|frame| app.draw(frame))
            .expect("a frame");
    }

    /// Takes in what jobs report, until none runs.
    fn settle(&mut self) {
        loop {
            let running = self.app.jobs.running();
            while let Ok(happening) = self.happenings.try_recv() {
                self.app.handle(happening);
            }
            if running == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Presses keys, and types what stands between backticks; each key's time.
    fn keys(&mut self, keys: &str) -> Vec<Duration> {
        let mut times = Vec::new();
        for (index, part) in keys.split('`').enumerate() {
            let chords: Vec<Chord> = match index % 2 {
                1 => part.chars().map(|c| key(&c.to_string())).collect(),
                _ => part.split_whitespace().map(key).collect(),
            };
            for chord in chords {
                times.push(self.press(chord));
                self.settle();
            }
        }
        times
    }

    /// Presses keys again and again and prints the times of those from `skip` on.
    fn measure(&mut self, what: &str, keys: &str, skip: usize) {
        let mut times = Vec::new();
        for _ in 0..40 {
            times.extend(self.keys(keys).split_off(skip));
        }
        times.sort();
        let (least, most) = (times[0], times[times.len() - 1]);
        let (middle, late) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        println!(
            "{what}: least {least:.2?}, median {middle:.2?}, 99 of 100 within {late:.2?}, most {most:.2?}"
        );
    }
}

fn key(text: &str) -> Chord {
    let text = if text == " " { "Space" } else { text };
    Chord::parse(text).expect("a key")
}

fn main() {
    let mut bench = Bench::new();
    let begin = Instant::now();
    bench.network();
    println!("{ROWS} rows made in {:.1?}", begin.elapsed());
    for view in ["plain", "gradient view"] {
        if view != "plain" {
            let begin = Instant::now();
            bench.keys("Ctrl+G `L1` Enter F7 F6");
            println!("{view} computed in {:.1?}", begin.elapsed());
        }
        bench.keys("Ctrl+G `A500000` Enter");
        let mut measure = |what: &str, keys: &str, skip: usize| {
            bench.measure(&format!("{view}, {what}"), keys, skip);
        };
        measure("a page down and up", "PgDn PgDn PgDn PgUp PgUp PgUp", 0);
        measure("a line down and up", "Down Down Up Up", 0);
        measure(
            "a selection that grows",
            "Shift+Down Shift+PgDn Shift+Right Esc",
            0,
        );
        measure("a column selected", "Ctrl+Space Esc", 0);
        measure(
            "to the edges",
            "Ctrl+Down Ctrl+Up Ctrl+G `A500000` Enter",
            0,
        );
        measure("typing a number", "`123.25` Esc", 0);
        measure(
            "typing a formula",
            "`=SUMPRODUCT(B4:K4,B1:K1)+AVER` Esc Esc",
            0,
        );
        measure("typing over a column", "`=SUM(A4:A1000003` Esc", 0);
        measure("entering a number", "`0.5` Enter Up", 3);
    }
}
