//! Collaborative filtering: ratings as dot products of two embedding tables
//! that are looked up with OFFSET.

use crate::finish::Model;
use crate::random::Random;
use crate::style;
use rust_xlsxwriter::{Workbook, XlsxError};

pub const MODELS: [Model; 1] = [Model {
    sheet: "ratings",
    objective: "$H$1",
    variables: "users!$B$2:$F$21,films!$B$2:$F$31",
}];

const USERS: u32 = 20;
const FILMS: u32 = 30;
const FACTORS: u16 = 5;
const RATINGS: usize = 240;
/// Weight of the embeddings' squares in the loss. Without it 240 ratings do not
/// determine 250 numbers: the loss falls on and on while they grow.
const DECAY: f64 = 0.001;
/// Seed of the starting embeddings and of the made-up tastes behind the ratings.
const SEED: u64 = 7;

pub fn layout() -> Result<Workbook, XlsxError> {
    let mut random = Random::new(SEED);
    let mut book = Workbook::new();
    ratings(&mut book, &mut random)?;
    embedding(&mut book, "users", "user", USERS, &mut random)?;
    embedding(&mut book, "films", "film", FILMS, &mut random)?;
    Ok(book)
}

fn ratings(book: &mut Workbook, random: &mut Random) -> Result<(), XlsxError> {
    let tastes: Vec<[f64; 2]> = (0..USERS)
        .map(|_| [random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)])
        .collect();
    let traits: Vec<[f64; 2]> = (0..FILMS)
        .map(|_| [random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)])
        .collect();
    let sheet = book.add_worksheet().set_name("ratings")?;
    for (col, title) in ["user", "film", "rating", "prediction", "squared error"]
        .into_iter()
        .enumerate()
    {
        sheet.write_with_format(0, col as u16, title, &style::heading())?;
    }
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < RATINGS {
        seen.insert((
            random.below(u64::from(USERS)),
            random.below(u64::from(FILMS)),
        ));
    }
    for (row, (user, film)) in (1..).zip(seen) {
        let (taste, nature) = (tastes[user as usize], traits[film as usize]);
        let liking = taste[0] * nature[0] + taste[1] * nature[1] + random.uniform(-0.2, 0.2);
        let rating = (3.0 + 2.0 * liking).round().clamp(1.0, 5.0);
        sheet.write(row, 0, user + 1)?;
        sheet.write(row, 1, film + 1)?;
        sheet.write(row, 2, rating)?;
        let at = row + 1;
        let prediction = format!(
            "=SUMPRODUCT(OFFSET(users!$B$1,A{at},0,1,{FACTORS}),OFFSET(films!$B$1,B{at},0,1,{FACTORS}))"
        );
        sheet.write_formula_with_format(row, 3, prediction.as_str(), &style::computed())?;
        let error = format!("=(C{at}-D{at})^2");
        sheet.write_formula_with_format(row, 4, error.as_str(), &style::computed())?;
    }
    sheet.write_with_format(0, 6, "loss", &style::heading())?;
    let loss = format!(
        "=H2+H3*(SUMSQ(users!B2:F{})+SUMSQ(films!B2:F{}))",
        USERS + 1,
        FILMS + 1
    );
    sheet.write_formula_with_format(0, 7, loss.as_str(), &style::loss())?;
    sheet.write_with_format(1, 6, "mean squared error", &style::heading())?;
    let error = format!("=AVERAGE(E2:E{})", RATINGS + 1);
    sheet.write_formula_with_format(1, 7, error.as_str(), &style::computed())?;
    sheet.write_with_format(2, 6, "weight decay", &style::heading())?;
    sheet.write(2, 7, DECAY)?;
    let note = format!("made-up ratings and random embeddings: SplitMix64, seed {SEED}");
    sheet.write_with_format(3, 6, note, &style::note())?;
    sheet
        .set_column_width(3, 12)?
        .set_column_width(4, 14)?
        .set_column_width(6, 20)?
        .set_freeze_panes(1, 0)?;
    Ok(())
}

fn embedding(
    book: &mut Workbook,
    name: &str,
    title: &str,
    rows: u32,
    random: &mut Random,
) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet().set_name(name)?;
    sheet.write_with_format(0, 0, title, &style::heading())?;
    for factor in 1..=FACTORS {
        sheet.write_with_format(0, factor, format!("factor {factor}"), &style::heading())?;
    }
    for row in 1..=rows {
        sheet.write(row, 0, row)?;
        for col in 1..=FACTORS {
            let start = random.uniform(0.0, 1.0);
            sheet.write_with_format(row, col, start, &style::parameter())?;
        }
    }
    Ok(())
}
