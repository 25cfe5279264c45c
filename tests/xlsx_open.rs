//! Opening workbooks: compared with calamine, an independent reader.

mod shared;

use calamine::{Data, Reader};
use gradsheet::grid::Pos;
use gradsheet::value::Value;
use gradsheet::xlsx;

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
