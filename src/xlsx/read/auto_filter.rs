//! Filters within worksheet parts.

use super::table::parse_rect;
use crate::workbook::{AutoFilter, Criterion, FilterOp, FilterTest, Join};
use crate::xlsx::xml::{Element, Xml, XmlError, is_true};
use std::sync::Arc;

/// Reads an `<autoFilter>` of the part `text` up to its end tag; `None` where
/// it names no cells.
pub(in crate::xlsx) fn read<'a>(
    text: &str,
    xml: &mut Xml<'a>,
    element: &Element<'a>,
) -> Result<Option<AutoFilter>, XmlError> {
    let rect = element.attribute("ref").and_then(|r| parse_rect(&r));
    let mut filter = rect.map(AutoFilter::new);
    while let Some(child) = xml.next_child(element)? {
        let column = child.attribute("colId").and_then(|v| v.parse().ok());
        if child.name() != "filterColumn" {
            if !child.empty {
                xml.skip()?;
            }
            continue;
        }
        let start = xml.end();
        let mut criterion = None;
        let mut known = true;
        let mut end = start;
        while let Some(found) = xml.next_child(&child)? {
            let read = criterion_of(xml, &found)?;
            known &= criterion.is_none() && read.is_some();
            criterion = read;
            end = xml.end();
        }
        let criterion = match criterion.filter(|_| known) {
            Some(criterion) => criterion,
            None if end > start => Criterion::Other(text[start..end].into()),
            // A column that only hides its button.
            None => continue,
        };
        if let (Some(filter), Some(column)) = (&mut filter, column) {
            filter.columns.insert(column, criterion);
        }
    }
    Ok(filter)
}

/// What a column must meet; `None` for what this program does not know.
fn criterion_of<'a>(
    xml: &mut Xml<'a>,
    element: &Element<'a>,
) -> Result<Option<Criterion>, XmlError> {
    let flag = |name| element.attribute(name).map(|v| is_true(&v));
    match element.name() {
        "filters" => {
            let mut texts: Vec<Arc<str>> = Vec::new();
            let mut known = element.attribute("calendarType").is_none();
            while let Some(child) = xml.next_child(element)? {
                let value = child.attribute("val");
                known &= child.name() == "filter";
                texts.extend(value.map(|value| Arc::from(&*value)));
                if !child.empty {
                    xml.skip()?;
                }
            }
            let blanks = flag("blank") == Some(true);
            Ok(known.then_some(Criterion::Values { texts, blanks }))
        }
        "customFilters" => {
            let join = match flag("and") {
                Some(true) => Join::And,
                _ => Join::Or,
            };
            let mut tests: Vec<Option<FilterTest>> = Vec::new();
            while let Some(child) = xml.next_child(element)? {
                tests.push(test_of(&child));
                if !child.empty {
                    xml.skip()?;
                }
            }
            let mut tests = tests.into_iter();
            Ok(match (tests.next(), tests.next(), tests.next()) {
                (Some(Some(first)), None, None) => Some(Criterion::Custom {
                    first,
                    second: None,
                }),
                (Some(Some(first)), Some(Some(second)), None) => Some(Criterion::Custom {
                    first,
                    second: Some((join, second)),
                }),
                _ => None,
            })
        }
        "top10" => {
            if !element.empty {
                xml.skip()?;
            }
            let count = element.attribute("val").and_then(|v| v.parse().ok());
            Ok(count.map(|count| Criterion::Top {
                count,
                percent: flag("percent") == Some(true),
                bottom: flag("top") == Some(false),
            }))
        }
        _ => {
            if !element.empty {
                xml.skip()?;
            }
            Ok(None)
        }
    }
}

fn test_of(element: &Element<'_>) -> Option<FilterTest> {
    let operator = element.attribute("operator");
    let operator = operator.map_or(Some(FilterOp::Equal), |name| {
        let found = FILTER_OPS.iter().find(|(known, _)| *known == name);
        found.map(|(_, operator)| *operator)
    });
    Some(FilterTest {
        operator: operator?,
        value: (&*element.attribute("val")?).into(),
    })
}

pub(in crate::xlsx) const FILTER_OPS: [(&str, FilterOp); 6] = [
    ("equal", FilterOp::Equal),
    ("notEqual", FilterOp::NotEqual),
    ("greaterThan", FilterOp::Greater),
    ("greaterThanOrEqual", FilterOp::GreaterEqual),
    ("lessThan", FilterOp::Less),
    ("lessThanOrEqual", FilterOp::LessEqual),
];
