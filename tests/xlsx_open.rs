//! Opening workbooks: compared with calamine, an independent reader.

mod shared;

use calamine::{Data, Reader};
use gradsheet::files;
use gradsheet::grid::Pos;
use gradsheet::reading::Reading;
use gradsheet::value::Value;
use gradsheet::workbook::Workbook;
use gradsheet::xlsx;
use std::sync::Arc;

#[test]
fn every_value_of_the_shared_workbooks_is_what_calamine_reads() {
    for path in shared::workbooks() {
        let book = xlsx::open(&path).unwrap_or_else(|e| panic!("{e}"));
        let mut other: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
        for &id in book.order() {
            let sheet = book.sheet(id);
            let range = other.worksheet_range(&sheet.name).unwrap();
            let mut count = 0;
            for (row, col, data) in range.used_cells() {
                let (top, left) = range.start().unwrap();
                let at = Pos::new(top + row as u32, left + col as u32);
                let value = sheet.cells.get(at);
                let same = match data {
                    Data::Float(x) => value == Value::Number(*x),
                    Data::Int(x) => value == Value::Number(*x as f64),
                    Data::String(text) => matches!(&value, Value::Text(t) if **t == **text),
                    Data::Bool(b) => value == Value::Bool(*b),
                    Data::DateTime(date) => value == Value::Number(date.as_f64()),
                    // It does not know the errors behind value metadata.
                    Data::Error(_) => matches!(value, Value::Error(_)),
                    other => panic!("{other:?}"),
                };
                assert!(
                    same,
                    "{}: {}!{at}: {value:?}, not {data:?}",
                    path.display(),
                    sheet.name
                );
                count += 1;
            }
            if let Some(used) = sheet.cells.used() {
                let mut ours = 0;
                sheet.cells.for_each(used, &mut |_, value| {
                    // It leaves out empty texts.
                    ours += usize::from(*value != Value::Text("".into()));
                });
                assert!(
                    ours <= count,
                    "{}: {}: {ours} cells, not {count}",
                    path.display(),
                    sheet.name
                );
            }
        }
    }
}

/// A workbook whose sheet is large enough to be read in pieces.
fn large() -> Workbook {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_sheet("Sheet1");
    let cells = &mut workbook.sheet_mut(sheet).cells;
    for row in 0..64_000 {
        for col in 0..3 {
            let number = f64::from(row).sqrt() * 1_000.0 + f64::from(col);
            cells.set(Pos::new(row, col), Value::Number(number));
        }
    }
    workbook
}

#[test]
fn the_opening_of_a_large_file_tells_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["large.xlsx", "large.csv"] {
        let path = folder.path().join(name);
        let workbook = large();
        files::save(&workbook, &path, &path, workbook.order()[0]).unwrap();
        let reading: Arc<Reading> = Arc::default();
        assert_eq!(reading.fraction(), None);
        let (file, seen) = (path.clone(), reading.clone());
        let opening = std::thread::spawn(move || files::open_watched(&file, &seen));
        let mut between = 0;
        let mut last = 0.0;
        while !opening.is_finished() {
            let now = reading.fraction().unwrap_or(0.0);
            assert!(last <= now);
            between += u32::from(last < now && now < 1.0);
            last = now;
            std::thread::yield_now();
        }
        let opened = opening.join().unwrap().unwrap();
        assert!(between >= 2, "{name}: seen {between} times");
        assert_eq!(reading.fraction(), Some(1.0), "{name}");
        // The document does not listen any more.
        reading.stop();
        if opened.workbook.package.is_some() {
            xlsx::to_bytes(&opened.workbook).unwrap();
        }
        let stopped = files::open_watched(&path, &reading).unwrap_err();
        assert!(stopped.to_string().contains("stopped"), "{stopped}");
    }
}
