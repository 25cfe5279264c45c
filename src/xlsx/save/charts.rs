//! Writing the document's charts into a package: rust_xlsxwriter makes the
//! chart's part in a workbook of its own, from which it is taken.

use super::parts::Related;
use super::{Splice, condition_text};
use crate::grid::{Area, Pos, SheetId};
use crate::value::{Value, number_to_text};
use crate::workbook::{Chart, ChartKind, Template, histogram};
use crate::xlsx::error::SaveError;
use crate::xlsx::package::Package;
use crate::xlsx::xml::{Xml, XmlError, escape};
use rust_xlsxwriter as writer;
use std::fmt::Write;

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const DRAWINGS: &str = "http://schemas.openxmlformats.org/drawingml/2006";

/// Adds the charts of all sheets to their drawings.
pub(super) fn splice(splice: &mut Splice<'_>) -> Result<(), SaveError> {
    let book = splice.book;
    for &id in book.order() {
        for chart in &book.sheet(id).charts {
            let Some(sheet) = splice.sheet_part(id) else {
                continue;
            };
            let text = part(splice, id, chart)?;
            add(splice, &sheet, chart, text)?;
        }
    }
    Ok(())
}

fn add(splice: &mut Splice<'_>, sheet: &str, chart: &Chart, text: String) -> Result<(), SaveError> {
    let relationships = splice.relationships(sheet)?;
    let drawing = relationships.of_kind("drawing").next();
    let drawing = match drawing.map(|r| r.target.clone()) {
        Some(drawing) => drawing,
        None => new_drawing(splice, sheet)?,
    };
    let part = splice.free_part("xl/charts/chart");
    let id = splice.add_related(
        &drawing,
        &part,
        Related {
            kind: "chart",
            content_type: "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
        },
        text,
    )?;
    splice.patch(&drawing, |text, patches| {
        let number = free_number(text)?;
        let end = text.rfind("</");
        let end = end.ok_or_else(|| XmlError::new(text.len(), "the drawing does not end"))?;
        patches.insert(end, anchor(chart, &id, number));
        Ok(())
    })
}

fn new_drawing(splice: &mut Splice<'_>, sheet: &str) -> Result<String, SaveError> {
    let part = splice.free_part("xl/drawings/drawing");
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <wsDr xmlns=\"{DRAWINGS}/spreadsheetDrawing\"></wsDr>"
    );
    let id = splice.add_related(
        sheet,
        &part,
        Related {
            kind: "drawing",
            content_type: "application/vnd.openxmlformats-officedocument.drawing+xml",
        },
        text,
    )?;
    splice.patch_sheet(sheet, |layout, patches| {
        let prefix = layout.prefix;
        let element = format!("<{prefix}drawing xmlns:r=\"{OFFICE}\" r:id=\"{id}\"/>");
        layout.put("drawing", element, patches);
        Ok(())
    })?;
    Ok(part)
}

/// A number that no object of a drawing has.
fn free_number(drawing: &str) -> Result<u32, XmlError> {
    let mut highest = 1;
    Xml::new(drawing).each_element(|_, element| {
        if element.name() == "cNvPr" {
            let id = element.attribute("id").and_then(|v| v.parse().ok());
            highest = highest.max(id.unwrap_or(0));
        }
        Ok(())
    })?;
    Ok(highest + 1)
}

/// The element that puts a chart over its cells. All its names are declared
/// within, by prefixes that the drawing may not have.
fn anchor(chart: &Chart, id: &str, number: u32) -> String {
    let rect = chart.anchor;
    let corner = |name: &str, at: Pos| {
        format!(
            "<xdr:{name}><xdr:col>{}</xdr:col><xdr:colOff>0</xdr:colOff>\
             <xdr:row>{}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:{name}>",
            at.col, at.row
        )
    };
    let from = corner("from", rect.top_left());
    let to = corner("to", Pos::new(rect.bottom + 1, rect.right + 1));
    format!(
        "<xdr:twoCellAnchor xmlns:xdr=\"{DRAWINGS}/spreadsheetDrawing\" xmlns:a=\"{DRAWINGS}/main\">\
         {from}{to}<xdr:graphicFrame macro=\"\"><xdr:nvGraphicFramePr>\
         <xdr:cNvPr id=\"{number}\" name=\"Chart {number}\"/><xdr:cNvGraphicFramePr/>\
         </xdr:nvGraphicFramePr><xdr:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"0\" cy=\"0\"/></xdr:xfrm>\
         <a:graphic><a:graphicData uri=\"{DRAWINGS}/chart\"><c:chart xmlns:c=\"{DRAWINGS}/chart\" \
         xmlns:r=\"{OFFICE}\" r:id=\"{id}\"/></a:graphicData></a:graphic></xdr:graphicFrame>\
         <xdr:clientData/></xdr:twoCellAnchor>"
    )
}

/// The part of a chart, its formulas and numbers in the place of those with
/// which it was made.
fn part(splice: &Splice<'_>, sheet: SheetId, chart: &Chart) -> Result<String, SaveError> {
    let kind = match chart.kind {
        ChartKind::Line => writer::ChartType::Line,
        ChartKind::Scatter => writer::ChartType::Scatter,
        ChartKind::Column | ChartKind::Histogram => writer::ChartType::Column,
    };
    let mut made = writer::Chart::new(kind);
    if !chart.title.is_empty() {
        made.title().set_name(&*chart.title);
    }
    for (i, series) in chart.series.iter().enumerate() {
        let [name, x, y] = stand_ins(i);
        let made = made.add_series();
        made.set_values(y.as_str());
        // A scatter chart is not made without, and loses them below.
        let wanted = matches!(chart.kind, ChartKind::Histogram | ChartKind::Scatter);
        if series.x.is_some() || wanted {
            made.set_categories(x.as_str());
        }
        match series.name.as_deref() {
            Some(Template::Formula(crate::formula::Expr::Text(text))) => {
                made.set_name(&**text);
            }
            Some(_) => {
                made.set_name(name.as_str());
            }
            None => {}
        }
        if chart.kind == ChartKind::Histogram {
            made.set_gap(0);
        }
    }
    // Categories have no logarithms.
    if chart.log_x && chart.kind == ChartKind::Scatter {
        made.x_axis().set_log_base(10);
    }
    if chart.log_y {
        made.y_axis().set_log_base(10);
    }
    let mut scratch = writer::Workbook::new();
    let scratch_sheet = scratch.add_worksheet();
    scratch_sheet.set_name("S")?;
    scratch_sheet.insert_chart(0, 0, &made)?;
    let package = Package::open(scratch.save_to_buffer()?.into())?;
    let mut text = package.text("xl/charts/chart1.xml", "the chart")?;
    // What it remembers of the cells in its own workbook.
    for cache in ["numCache", "strCache"] {
        text = without(&text, &format!("<c:{cache}>"), &format!("</c:{cache}>"));
    }
    for (i, series) in chart.series.iter().enumerate() {
        let [name, x, y] = stand_ins(i);
        if chart.kind == ChartKind::Histogram {
            let bins = histogram(&numbers(splice, sheet, &series.y));
            let labels: Vec<String> = bins
                .iter()
                .map(|bin| format!("{} to {}", short(bin.from), short(bin.to)))
                .collect();
            let counts: Vec<String> = bins.iter().map(|bin| bin.count.to_string()).collect();
            text = literal(&text, &x, "str", &labels);
            text = literal(&text, &y, "num", &counts);
        }
        if chart.kind == ChartKind::Scatter && series.x.is_none() {
            // Without numbers for x, readers count 1, 2, 3, …
            for kind in ["num", "str"] {
                let counted = format!("<c:{kind}Ref><c:f>{x}</c:f></c:{kind}Ref>");
                text = text.replace(&format!("<c:xVal>{counted}</c:xVal>"), "");
            }
        }
        let formulas = [
            (name, &series.name),
            (x, &series.x),
            (y, &Some(series.y.clone())),
        ];
        for (stand_in, formula) in formulas {
            if let Some(formula) = formula {
                let mut now = String::new();
                escape(&condition_text(formula, Pos::new(0, 0)), &mut now);
                text = text.replace(
                    &format!("<c:f>{stand_in}</c:f>"),
                    &format!("<c:f>{now}</c:f>"),
                );
            }
        }
    }
    Ok(text)
}

/// References by which the formulas of a series are found in the part: its
/// name's, its first axis' and its values'.
fn stand_ins(series: usize) -> [String; 3] {
    let row = 2 * series + 1;
    [
        format!("S!$A${row}"),
        format!("S!$B${row}:$B${}", row + 1),
        format!("S!$C${row}:$C${}", row + 1),
    ]
}

/// A text without what stands between two others, and without these.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(start) {
        let close = rest[at..].find(end).map(|e| at + e + end.len());
        out.push_str(&rest[..at]);
        rest = &rest[close.unwrap_or(rest.len())..];
    }
    out + rest
}

/// Puts numbers or texts in the place of a reference.
fn literal(text: &str, stand_in: &str, kind: &str, values: &[String]) -> String {
    let mut points = format!("<c:ptCount val=\"{}\"/>", values.len());
    for (i, value) in values.iter().enumerate() {
        let _ = write!(points, "<c:pt idx=\"{i}\"><c:v>");
        escape(value, &mut points);
        points.push_str("</c:v></c:pt>");
    }
    let mut out = text.to_owned();
    for old in ["num", "str"] {
        let reference = format!("<c:{old}Ref><c:f>{stand_in}</c:f></c:{old}Ref>");
        let new = format!("<c:{kind}Lit>{points}</c:{kind}Lit>");
        out = out.replace(&reference, &new);
    }
    out
}

fn short(x: f64) -> String {
    let scale = 10_f64.powi(3 - x.abs().log10().floor().clamp(-300.0, 300.0) as i32);
    let rounded = (x * scale).round() / scale;
    number_to_text(if rounded.is_finite() { rounded } else { x })
}

/// The numbers in the cells that a reference names.
fn numbers(splice: &Splice<'_>, sheet: SheetId, formula: &Template) -> Vec<f64> {
    let text = condition_text(formula, Pos::new(0, 0));
    let areas: Vec<Area> = splice.book.parse_areas(&text, sheet).unwrap_or_default();
    let mut out = Vec::new();
    for area in areas {
        let cells = &splice.book.sheet(area.sheet).cells;
        cells.for_each(area.rect, &mut |_, value| {
            if let Value::Number(x) = value {
                out.push(*x);
            }
        });
    }
    out
}
