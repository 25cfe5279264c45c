use super::*;
use crate::value::ErrorKind;

fn book(bytes: &[u8]) -> Workbook {
    read(Path::new("data/my file.csv"), bytes).expect("it is readable")
}

/// The rows of the only sheet, as their values would be written raw.
fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let book = book(bytes);
    let sheet = book.sheet(book.order()[0]);
    let Some(used) = sheet.cells.used() else {
        return Vec::new();
    };
    (0..=used.bottom)
        .map(|row| {
            (0..=used.right)
                .map(|col| raw(&sheet.cells.get(Pos::new(row, col))))
                .collect()
        })
        .collect()
}

fn values(bytes: &[u8]) -> Vec<Value> {
    let book = book(bytes);
    let sheet = book.sheet(book.order()[0]);
    (0..10)
        .map(|col| sheet.cells.get(Pos::new(0, col)))
        .collect()
}

#[test]
fn fields_become_what_typing_them_would() {
    let values = values(b"1,-2.5e3,abc,TRUE,#N/A,12.5%,\"1\",=1+1,,x\r\n");
    assert_eq!(
        values,
        [
            Value::Number(1.0),
            Value::Number(-2500.0),
            Value::text("abc"),
            Value::Bool(true),
            Value::Error(ErrorKind::Na),
            Value::Number(0.125),
            Value::Number(1.0),
            Value::text("=1+1"),
            Value::Blank,
            Value::text("x"),
        ]
    );
}

#[test]
fn a_date_gets_its_format() {
    let book = book(b"day\n2024-03-01\n");
    let sheet = book.order()[0];
    let cell = |row| Cell {
        sheet,
        pos: Pos::new(row, 0),
    };
    assert_eq!(
        book.sheet(sheet).cells.get(cell(1).pos),
        Value::Number(45352.0)
    );
    assert_ne!(book.number_format(cell(1)), "General");
    assert_eq!(book.number_format(cell(0)), "General");
}

#[test]
fn the_sheet_is_named_as_the_file() {
    let book = book(b"1");
    assert_eq!(&*book.sheet(book.order()[0]).name, "my file");
}

#[test]
fn the_delimiter_is_found() {
    for text in ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "a|b\n1|2\n"] {
        assert_eq!(rows(text.as_bytes()), [["a", "b"], ["1", "2"]], "{text}");
    }
    assert_eq!(
        rows(b"name,note\nx,\"a;b\"\ny,\"c;d\"\n")[1],
        ["x", "a;b"],
        "semicolons within quotes split nothing"
    );
    assert_eq!(rows(b"sep=|\na,b|c\n"), [["a,b", "c"]]);
    assert_eq!(rows(b"alone\n7\n"), [["alone"], ["7"]]);
}

#[test]
fn a_decimal_comma_is_read_where_the_file_has_no_point() {
    assert_eq!(
        rows(b"x;y\n1,5;-2,25\n3;x,y\n"),
        [["x", "y"], ["1.5", "-2.25"], ["3", "x,y"]]
    );
    assert_eq!(rows(b"x;y\n1.5;2,250\n")[1][0], "1.5");
}

#[test]
fn any_usual_encoding_is_read() {
    let expected = [["größe", "€"]];
    assert_eq!(rows("größe,€\n".as_bytes()), expected);
    assert_eq!(rows("\u{feff}größe,€\n".as_bytes()), expected);
    assert_eq!(rows(b"gr\xF6\xDFe,\x80\n"), expected);
    let units: Vec<u16> = "\u{feff}größe\t€\r\n".encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
    assert_eq!(rows(&little), expected);
    assert_eq!(rows(&big), expected);
    assert!(matches!(
        read(Path::new("x"), &little[..5]),
        Err(CsvError::Utf16 { .. })
    ));
}

#[test]
fn ragged_rows_blank_lines_and_quoted_line_breaks_keep_their_places() {
    assert_eq!(
        rows(b"a\n\n\nb,c\n\"d\n\"\"e\"\"\",f,g\n\nh"),
        [
            ["a", "", ""],
            ["", "", ""],
            ["", "", ""],
            ["b", "c", ""],
            ["d\n\"e\"", "f", "g"],
            ["", "", ""],
            ["h", "", ""],
        ]
    );
    assert_eq!(rows(b""), Vec::<Vec<String>>::new());
}

#[test]
fn what_does_not_fit_on_a_sheet_is_refused_by_line() {
    let mut wide = b"x\n".to_vec();
    wide.extend(std::iter::repeat_n(b',', MAX_COLS as usize));
    let error = read(Path::new("wide.csv"), &wide).expect_err("it is too wide");
    assert_eq!(
        error.to_string(),
        "wide.csv, line 2: 16385 fields, but a sheet has 16384 columns"
    );
    let long = b"1\n".repeat(MAX_ROWS as usize + 1);
    let error = read(Path::new("long.csv"), &long).expect_err("it is too long");
    assert_eq!(
        error.to_string(),
        "long.csv, line 1048577: the sheet ends at row 1048576: split the file"
    );
    let missing = open(Path::new("no such.csv")).expect_err("it is not there");
    assert!(missing.to_string().starts_with("no such.csv: "));
}

fn written(book: &Workbook, texts: Texts) -> String {
    let mut out = Vec::new();
    write(
        book,
        book.order()[0],
        Dialect::with_delimiter(b','),
        texts,
        &mut out,
    )
    .expect("it is written");
    String::from_utf8(out).expect("it is UTF-8")
}

#[test]
fn a_sheet_is_written_as_shown_or_without_a_loss() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("S");
    let percent = book.styles.with_number_format(0, "0.0%");
    let s = book.sheet_mut(sheet);
    s.cells.set(Pos::new(0, 1), Value::text("a,\"b\""));
    s.cells.set(Pos::new(2, 0), Value::Number(0.12345));
    s.cells.set(Pos::new(2, 2), Value::Bool(false));
    s.styles.set(Rect::cell(Pos::new(2, 0)), Some(percent));
    let shown = ",\"a,\"\"b\"\"\",\r\n,,\r\n12.3%,,FALSE\r\n";
    assert_eq!(written(&book, Texts::Shown), shown);
    assert_eq!(
        written(&book, Texts::Kept),
        shown.replace("12.3%", "0.12345")
    );
}

#[test]
fn what_a_text_file_says_is_kept_when_it_is_saved() {
    let text = "id;day;when;share;big;'price\r\n\
                007;2024-01-31;2024-01-31 13:45;12,50%;1234567890123456789;1,5\r\n\
                12;3/1/2024;9:30;1,23456E5;1234567890,25;-0,125\r\n\
                0;2024-01-31 23:59:58.5;12:30:45.123;0%;0,12345678901234567;00123\r\n";
    let book = book(text.as_bytes());
    let dialect = Dialect::of_source(&book).expect("it was a text file");
    assert_eq!((dialect.delimiter, dialect.decimal_comma), (b';', true));
    let mut out = Vec::new();
    write(&book, book.order()[0], dialect, Texts::Kept, &mut out).expect("it is written");
    let out = String::from_utf8(out).expect("it is UTF-8");
    // A number that its automatic format rounds is written with all its digits.
    let kept = text
        .replace("1,23456E5", "123456")
        .replace("0,12345678901234567", "0,12345678901234566");
    assert_eq!(out, kept);
}

#[test]
fn a_far_cell_is_refused_rather_than_a_disk_filled() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Far");
    let far = Pos::new(MAX_ROWS - 1, MAX_COLS - 1);
    book.sheet_mut(sheet).cells.set(far, Value::Number(1.0));
    let error = write(
        &book,
        sheet,
        Dialect::with_delimiter(b','),
        Texts::Kept,
        io::sink(),
    )
    .expect_err("it is refused");
    assert!(error.to_string().contains("XFD1048576"));
}

#[test]
fn a_text_longer_than_a_cell_holds_is_cut_off_and_told() {
    let text = format!(
        "a,{}\n\u{1f600}{},z\n",
        "x".repeat(40_000),
        "y".repeat(32_766)
    );
    let told = Told::default();
    let read = read_found(
        Path::new("a.csv"),
        text.as_bytes(),
        told,
        &Reading::default(),
    );
    let (book, found) = read.unwrap();
    let lengths = |at: &str| match book
        .sheet(book.order()[0])
        .cells
        .get(Pos::parse_a1(at).unwrap())
    {
        Value::Text(text) => text.encode_utf16().count(),
        other => panic!("{at}: {other:?}"),
    };
    assert_eq!(
        (lengths("B1"), lengths("A2"), lengths("B2")),
        (32_767, 32_767, 1)
    );
    let first = Pos::parse_a1("B1").unwrap();
    assert_eq!(found.cut_off, Some((2, first)));
    let notes = found.notes().join("");
    assert!(
        notes.starts_with("2 texts, the first in B1, are longer"),
        "{notes}"
    );
}

proptest::proptest! {
    #[test]
    fn what_was_written_without_a_loss_is_read_again(
        texts in proptest::collection::vec("[a-c,;\"\n|\t ]{0,4}x", 1..12),
        numbers in proptest::collection::vec(-1e300f64..1e300, 12),
    ) {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("S");
        let cells = &mut book.sheet_mut(sheet).cells;
        for (row, (text, x)) in (0..).zip(texts.iter().zip(numbers)) {
            cells.set(Pos::new(row, 0), Value::text(text.as_str()));
            cells.set(Pos::new(row, 1), Value::Number(x));
        }
        let text = format!("sep=,\n{}", written(&book, Texts::Kept));
        let again = self::book(text.as_bytes());
        let sheets = (book.sheet(sheet), again.sheet(again.order()[0]));
        proptest::prop_assert_eq!(&sheets.0.cells, &sheets.1.cells);
    }
}

/// The text of a file after cells of it were changed and it was saved over itself.
fn resaved(text: &str, changes: &[(u32, u32, Value)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    let mut book = open(&path).unwrap();
    let sheet = book.order()[0];
    for (row, col, value) in changes {
        let cells = &mut book.sheet_mut(sheet).cells;
        cells.set(Pos::new(*row, *col), value.clone());
    }
    let dialect = Dialect::of_source(&book).unwrap();
    save_over(&book, sheet, dialect, &path).unwrap();
    std::fs::read_to_string(&path).unwrap()
}

#[test]
fn what_is_not_edited_in_a_text_file_stays_byte_for_byte() {
    let text = "\u{feff}name;val;note\na;1,50;\"x\"\n\"b\nc\";2,25;y\n;;\nlast;3,00;";
    assert_eq!(resaved(text, &[]), text);
    let nine = Value::Number(9.75);
    assert_eq!(
        resaved(text, &[(1, 1, nine.clone())]),
        text.replace("a;1,50;\"x\"", "a;9,75;x")
    );
    assert_eq!(
        resaved(text, &[(0, 2, Value::Blank)]),
        text.replace("val;note", "val;")
    );
    // Rows and columns behind the last.
    assert_eq!(
        resaved(text, &[(6, 0, nine.clone())]),
        format!("{text}\n;;\n9,75;;\n")
    );
    assert_eq!(
        resaved("a,1.50\r\nb,2\r\n", &[(1, 3, nine.clone())]),
        "a,1.50,,\r\nb,2,,9.75\r\n"
    );
    assert_eq!(
        resaved(
            "a,1.50\r\nb,2\r\n",
            &[(1, 0, Value::Blank), (1, 1, Value::Blank)]
        ),
        "a,1.50\r\n"
    );
    // Blank lines are rows; they are written as before.
    assert_eq!(
        resaved("a\n\n1.50\n", &[(1, 0, nine)]),
        "a\r\n9.75\r\n1.5\r\n"
    );
    assert_eq!(resaved("", &[(0, 0, Value::Number(1.0))]), "1\r\n");
}
