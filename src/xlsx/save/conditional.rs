//! Splicing conditional formats.

use super::layout::Layout;
use super::{Splice, condition_text};
use crate::grid::{Pos, Rect};
use crate::workbook::{
    Colour, Condition, ConditionalFormat, IconSet, Rule, Sheet, Template, TextTest, Threshold,
    TimePeriod,
};
use crate::xlsx::read::conditional::{COMPARE_OPS, TEXT_TESTS, TIME_PERIODS, read};
use crate::xlsx::xml::{Element, Patches, Xml, XmlError, escape, with_attribute};
use quick_xml::events::Event;
use std::fmt::Write;
use std::ops::Range;

/// Writes the conditional formats of a sheet anew where they differ. Formats
/// that are the same keep their bytes; so do bars and icons, of which files
/// know more than this program.
pub(super) fn splice(
    splice: &Splice<'_>,
    sheet: &Sheet,
    layout: &Layout<'_>,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let mut known: Vec<Known> = Vec::new();
    for range in layout.children("conditionalFormatting") {
        known.extend(Known::read(splice, layout.text, range)?);
    }
    if splice.original.new {
        // What decorates a new file stays beside what the document says.
        let mut text = String::new();
        for format in &sheet.conditional {
            write_format(splice, layout.prefix, format, &[], &mut text);
        }
        if !text.is_empty() {
            let last = layout.children("conditionalFormatting").last();
            let place = last.map(|range| range.end);
            let place = place.unwrap_or_else(|| layout.place_of("conditionalFormatting"));
            patches.insert(place, text);
        }
        return Ok(());
    }
    if known
        .iter()
        .map(|known| &known.format)
        .eq(&sheet.conditional)
    {
        return Ok(());
    }
    let mut text = String::new();
    for format in &sheet.conditional {
        match known.iter().find(|known| known.format == *format) {
            Some(same) => text.push_str(&layout.text[same.bytes.clone()]),
            None => write_format(splice, layout.prefix, format, &known, &mut text),
        }
    }
    layout.put("conditionalFormatting", text, patches);
    Ok(())
}

/// A format of the part.
struct Known {
    format: ConditionalFormat,
    bytes: Range<usize>,
    /// The text of each rule.
    rules: Vec<String>,
}

impl Known {
    fn read(
        splice: &Splice<'_>,
        text: &str,
        bytes: Range<usize>,
    ) -> Result<Option<Self>, XmlError> {
        let element_text = &text[bytes.clone()];
        let mut xml = Xml::new(element_text);
        let (tag, empty) = match xml.next()? {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            _ => return Ok(None),
        };
        let element = Element { tag, empty };
        let colours = &splice.original.context.colours;
        let part = read(element_text, &mut xml, &element, colours)?;
        Ok(part.map(|part| Self {
            format: part.format,
            bytes,
            rules: part
                .rules
                .into_iter()
                .map(|range| element_text[range].to_owned())
                .collect(),
        }))
    }
}

/// A list of areas as files write it.
pub(super) fn sqref(areas: &[Rect]) -> String {
    let areas: Vec<String> = areas.iter().map(Rect::to_string).collect();
    areas.join(" ")
}

fn write_format(
    splice: &Splice<'_>,
    prefix: &str,
    format: &ConditionalFormat,
    known: &[Known],
    out: &mut String,
) {
    if format.areas.is_empty() || format.rules.is_empty() {
        return;
    }
    let areas = sqref(&format.areas);
    let _ = write!(out, "<{prefix}conditionalFormatting sqref=\"{areas}\">");
    for rule in &format.rules {
        let old = known.iter().find_map(|known| {
            let rules = known.format.rules.iter();
            let at = rules.zip(&known.rules).find(|(old, _)| {
                old.condition == rule.condition
                    && matches!(
                        rule.condition,
                        Condition::DataBar(_) | Condition::IconSet(_) | Condition::Unknown(_)
                    )
            })?;
            Some(at.1.as_str())
        });
        match old {
            Some(old) => kept(old, rule, out),
            None => write_rule(splice, prefix, rule, format.origin(), out),
        }
    }
    let _ = write!(out, "</{prefix}conditionalFormatting>");
}

/// A rule as it was, but for its place among the others.
fn kept(old: &str, rule: &Rule, out: &mut String) {
    let end = old.find('>').map_or(old.len(), |at| at + 1);
    let priority = rule.priority.to_string();
    let tag = with_attribute(&old[..end], "priority", Some(&priority));
    let stop = rule.stop_if_true.then_some("1");
    out.push_str(&with_attribute(&tag, "stopIfTrue", stop));
    out.push_str(&old[end..]);
}

fn write_rule(splice: &Splice<'_>, prefix: &str, rule: &Rule, origin: Pos, out: &mut String) {
    // Attributes after the type, formulas, and what else is inside.
    let mut attributes = String::new();
    let mut formulas: Vec<String> = Vec::new();
    let mut inside = String::new();
    let text = |formula: &Template| condition_text(formula, origin);
    let at = origin.to_string();
    let flag = |out: &mut String, name: &str, on: bool| {
        if on {
            let _ = write!(out, " {name}=\"1\"");
        }
    };
    let kind = match &rule.condition {
        Condition::ColourScale(points) => {
            for point in points {
                cfvo(prefix, &point.at, true, &text, &mut inside);
            }
            for point in points {
                colour(prefix, point.colour, &mut inside);
            }
            inside = format!("<{prefix}colorScale>{inside}</{prefix}colorScale>");
            "colorScale"
        }
        Condition::DataBar(bar) => {
            cfvo(prefix, &bar.min, true, &text, &mut inside);
            cfvo(prefix, &bar.max, true, &text, &mut inside);
            colour(prefix, bar.colour, &mut inside);
            let show = shown(bar.show_value);
            inside = format!("<{prefix}dataBar{show}>{inside}</{prefix}dataBar>");
            "dataBar"
        }
        Condition::IconSet(icons) => {
            inside = icon_set(prefix, icons, &text);
            "iconSet"
        }
        Condition::Compare {
            operator,
            formulas: with,
        } => {
            let name = COMPARE_OPS.iter().find(|(_, known)| known == operator);
            let name = name.map_or("equal", |(name, _)| name);
            let _ = write!(attributes, " operator=\"{name}\"");
            formulas.extend(with.iter().map(|formula| text(formula)));
            "cellIs"
        }
        Condition::Formula(formula) => {
            formulas.push(text(formula));
            "expression"
        }
        Condition::Top {
            rank,
            percent,
            bottom,
        } => {
            flag(&mut attributes, "percent", *percent);
            flag(&mut attributes, "bottom", *bottom);
            let _ = write!(attributes, " rank=\"{rank}\"");
            "top10"
        }
        Condition::Average {
            above,
            or_equal,
            deviations,
        } => {
            if !above {
                attributes.push_str(" aboveAverage=\"0\"");
            }
            flag(&mut attributes, "equalAverage", *or_equal);
            if let Some(deviations) = deviations {
                let _ = write!(attributes, " stdDev=\"{deviations}\"");
            }
            "aboveAverage"
        }
        Condition::Duplicate => "duplicateValues",
        Condition::Unique => "uniqueValues",
        Condition::Text { test, text } => {
            let (operator, formula) = text_test(*test, text, &at);
            let _ = write!(attributes, " operator=\"{operator}\" text=\"");
            escape(text, &mut attributes);
            attributes.push('"');
            formulas.push(formula);
            let named = TEXT_TESTS.iter().find(|(_, known)| known == test);
            named.map_or("containsText", |(name, _)| name)
        }
        Condition::Blank => {
            formulas.push(format!("LEN(TRIM({at}))=0"));
            "containsBlanks"
        }
        Condition::NotBlank => {
            formulas.push(format!("LEN(TRIM({at}))>0"));
            "notContainsBlanks"
        }
        Condition::Error => {
            formulas.push(format!("ISERROR({at})"));
            "containsErrors"
        }
        Condition::NotError => {
            formulas.push(format!("NOT(ISERROR({at}))"));
            "notContainsErrors"
        }
        Condition::Date(period) => {
            let named = TIME_PERIODS.iter().find(|(_, known)| known == period);
            let name = named.map_or("today", |(name, _)| name);
            let _ = write!(attributes, " timePeriod=\"{name}\"");
            formulas.push(period_test(*period, &at));
            "timePeriod"
        }
        Condition::Unknown(old) => {
            kept(old, rule, out);
            return;
        }
    };
    let _ = write!(out, "<{prefix}cfRule type=\"{kind}\"");
    if let Some(format) = rule.format {
        let _ = write!(out, " dxfId=\"{}\"", splice.differential_id(format));
    }
    let _ = write!(out, " priority=\"{}\"", rule.priority);
    flag(out, "stopIfTrue", rule.stop_if_true);
    out.push_str(&attributes);
    if formulas.is_empty() && inside.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for formula in formulas {
        let _ = write!(out, "<{prefix}formula>");
        escape(&formula, out);
        let _ = write!(out, "</{prefix}formula>");
    }
    out.push_str(&inside);
    let _ = write!(out, "</{prefix}cfRule>");
}

fn shown(show_value: bool) -> &'static str {
    if show_value { "" } else { " showValue=\"0\"" }
}

fn icon_set(prefix: &str, icons: &IconSet, text: &dyn Fn(&Template) -> String) -> String {
    let mut out = format!("<{prefix}iconSet iconSet=\"");
    escape(&icons.name, &mut out);
    let reverse = if icons.reverse { " reverse=\"1\"" } else { "" };
    let _ = write!(out, "\"{}{reverse}>", shown(icons.show_value));
    for step in &icons.steps {
        cfvo(prefix, &step.from, step.inclusive, text, &mut out);
    }
    let _ = write!(out, "</{prefix}iconSet>");
    out
}

fn cfvo(
    prefix: &str,
    threshold: &Threshold,
    inclusive: bool,
    text: &dyn Fn(&Template) -> String,
    out: &mut String,
) {
    let kind = match threshold {
        Threshold::Min => "min",
        Threshold::Max => "max",
        Threshold::Number(_) => "num",
        Threshold::Percent(_) => "percent",
        Threshold::Percentile(_) => "percentile",
        Threshold::Formula(_) => "formula",
    };
    let _ = write!(out, "<{prefix}cfvo type=\"{kind}\"");
    if let Some(formula) = threshold.formula() {
        out.push_str(" val=\"");
        escape(&text(formula), out);
        out.push('"');
    }
    if !inclusive {
        out.push_str(" gte=\"0\"");
    }
    out.push_str("/>");
}

fn colour(prefix: &str, colour: Colour, out: &mut String) {
    let hex = super::styles::hex(colour);
    let _ = write!(out, "<{prefix}color rgb=\"{hex}\"/>");
}

/// The operator and the formula that Excel writes for a test of text.
fn text_test(test: TextTest, text: &str, at: &str) -> (&'static str, String) {
    let quoted = format!("\"{}\"", text.replace('"', "\"\""));
    match test {
        TextTest::Contains => (
            "containsText",
            format!("NOT(ISERROR(SEARCH({quoted},{at})))"),
        ),
        TextTest::NotContains => ("notContains", format!("ISERROR(SEARCH({quoted},{at}))")),
        TextTest::Begins => ("beginsWith", format!("LEFT({at},LEN({quoted}))={quoted}")),
        TextTest::Ends => ("endsWith", format!("RIGHT({at},LEN({quoted}))={quoted}")),
    }
}

/// The formula that Excel writes for a time period.
fn period_test(period: TimePeriod, at: &str) -> String {
    let month = |ahead: i32| {
        format!(
            "AND(MONTH({at})=MONTH(EDATE(TODAY(),{ahead})),YEAR({at})=YEAR(EDATE(TODAY(),{ahead})))"
        )
    };
    match period {
        TimePeriod::Yesterday => format!("FLOOR({at},1)=TODAY()-1"),
        TimePeriod::Today => format!("FLOOR({at},1)=TODAY()"),
        TimePeriod::Tomorrow => format!("FLOOR({at},1)=TODAY()+1"),
        TimePeriod::Last7Days => {
            format!("AND(TODAY()-FLOOR({at},1)<=6,FLOOR({at},1)<=TODAY())")
        }
        TimePeriod::LastWeek => format!(
            "AND(TODAY()-ROUNDDOWN({at},0)>=(WEEKDAY(TODAY())),\
             TODAY()-ROUNDDOWN({at},0)<(WEEKDAY(TODAY())+7))"
        ),
        TimePeriod::ThisWeek => format!(
            "AND(TODAY()-ROUNDDOWN({at},0)<=WEEKDAY(TODAY())-1,\
             ROUNDDOWN({at},0)-TODAY()<=7-WEEKDAY(TODAY()))"
        ),
        TimePeriod::NextWeek => format!(
            "AND(ROUNDDOWN({at},0)-TODAY()>(7-WEEKDAY(TODAY())),\
             ROUNDDOWN({at},0)-TODAY()<(15-WEEKDAY(TODAY())))"
        ),
        TimePeriod::LastMonth => month(-1),
        TimePeriod::ThisMonth => month(0),
        TimePeriod::NextMonth => month(1),
    }
}
