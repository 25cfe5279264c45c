//! Conditional formats within a worksheet part.

use super::formulas::formula_of;
use super::styles::Colours;
use super::table::parse_sqref;
use crate::grid::Pos;
use crate::workbook::{
    Colour, CompareOp, Condition, ConditionalFormat, DataBar, IconSet, IconStep, Rule, ScalePoint,
    TextTest, Threshold, TimePeriod,
};
use crate::xlsx::xml::{Element, Xml, XmlError, content_of, is_true};
use std::ops::Range;

/// A conditional format and where its rules stand.
pub(in crate::xlsx) struct FormatPart {
    pub format: ConditionalFormat,
    /// The bytes of each rule's element.
    pub rules: Vec<Range<usize>>,
}

/// Reads a `<conditionalFormatting>` of the part `text` up to its end tag;
/// `None` where it speaks of no cells.
pub(in crate::xlsx) fn read<'a>(
    text: &str,
    xml: &mut Xml<'a>,
    element: &Element<'a>,
    colours: &Colours,
) -> Result<Option<FormatPart>, XmlError> {
    let areas = element.attribute("sqref");
    let areas = areas.map_or(Vec::new(), |sqref| parse_sqref(&sqref));
    let mut part = FormatPart {
        format: ConditionalFormat {
            areas,
            rules: Vec::new(),
        },
        rules: Vec::new(),
    };
    let origin = part.format.origin();
    while let Some(child) = xml.next_child(element)? {
        let start = xml.start();
        if child.name() == "cfRule" {
            let found = Parts::read(xml, &child, origin, colours)?;
            let bytes = start..xml.end();
            let rule = rule(&child, found, origin, &text[bytes.clone()]);
            part.format.rules.push(rule);
            part.rules.push(bytes);
        } else if !child.empty {
            xml.skip()?;
        }
    }
    Ok((!part.format.areas.is_empty()).then_some(part))
}

/// What stands within a `<cfRule>`.
#[derive(Default)]
struct Parts {
    formulas: Vec<String>,
    /// The values of a scale, a bar or icons; `None` for one of an unknown type.
    thresholds: Vec<(Option<Threshold>, bool)>,
    colours: Vec<Option<Colour>>,
    /// The name of an icon set.
    icons: Option<String>,
    reverse: bool,
    hide_value: bool,
}

impl Parts {
    /// Reads up to the end tag of the rule.
    fn read<'a>(
        xml: &mut Xml<'a>,
        rule: &Element<'a>,
        origin: Pos,
        colours: &Colours,
    ) -> Result<Self, XmlError> {
        let mut parts = Self::default();
        while let Some(child) = xml.next_child(rule)? {
            match child.name() {
                "formula" => parts.formulas.push(content_of(xml, &child)?.into_owned()),
                name @ ("colorScale" | "dataBar" | "iconSet") => {
                    if name == "iconSet" {
                        let set = child.attribute("iconSet");
                        parts.icons = Some(set.map_or("3TrafficLights1".into(), Into::into));
                    }
                    let flag = |name| child.attribute(name).map(|v| is_true(&v));
                    parts.reverse = flag("reverse") == Some(true);
                    parts.hide_value = flag("showValue") == Some(false);
                    while let Some(point) = xml.next_child(&child)? {
                        match point.name() {
                            "cfvo" => parts.thresholds.push(threshold(&point, origin)),
                            "color" => parts.colours.push(colours.of(&point)),
                            _ => {}
                        }
                        if !point.empty {
                            xml.skip()?;
                        }
                    }
                }
                _ if !child.empty => xml.skip()?,
                _ => {}
            }
        }
        Ok(parts)
    }

    fn known_thresholds(&self) -> Option<Vec<(Threshold, bool)>> {
        let known = |(at, inclusive): &(Option<Threshold>, bool)| Some((at.clone()?, *inclusive));
        self.thresholds.iter().map(known).collect()
    }
}

/// A `<cfvo>`, and whether a value that is just there has reached it.
fn threshold(element: &Element<'_>, origin: Pos) -> (Option<Threshold>, bool) {
    let value = element.attribute("val").unwrap_or_default();
    let formula = formula_of(&value, origin);
    let inclusive = element.attribute("gte").is_none_or(|v| is_true(&v));
    let kind = match element.attribute("type").as_deref() {
        Some("min") => Some(Threshold::Min),
        Some("max") => Some(Threshold::Max),
        Some("num") => Some(Threshold::Number(formula)),
        Some("percent") => Some(Threshold::Percent(formula)),
        Some("percentile") => Some(Threshold::Percentile(formula)),
        Some("formula") => Some(Threshold::Formula(formula)),
        _ => None,
    };
    (kind, inclusive)
}

fn rule(element: &Element<'_>, parts: Parts, origin: Pos, text: &str) -> Rule {
    let number = |name| element.attribute(name)?.parse().ok();
    Rule {
        priority: number("priority").unwrap_or(u32::MAX),
        stop_if_true: element.attribute("stopIfTrue").is_some_and(|v| is_true(&v)),
        format: number("dxfId"),
        condition: condition(element, parts, origin)
            .unwrap_or_else(|| Condition::Unknown(text.into())),
    }
}

fn condition(element: &Element<'_>, parts: Parts, origin: Pos) -> Option<Condition> {
    let flag = |name| element.attribute(name).map(|v| is_true(&v));
    let number = |name| element.attribute(name)?.parse::<u32>().ok();
    let kind = element.attribute("type")?;
    let formulas: Vec<_> = parts
        .formulas
        .iter()
        .map(|text| formula_of(text, origin))
        .collect();
    let by_formula = || Some(Condition::Formula(formulas.first()?.clone()));
    match &*kind {
        "colorScale" => {
            let colours: Option<Vec<Colour>> = parts.colours.iter().copied().collect();
            let (points, colours) = (parts.known_thresholds()?, colours?);
            let fits = (2..=3).contains(&points.len()) && points.len() == colours.len();
            let points = points.into_iter().zip(colours);
            let points = points.map(|((at, _), colour)| ScalePoint { at, colour });
            fits.then(|| Condition::ColourScale(points.collect()))
        }
        "dataBar" => {
            let [(min, _), (max, _)] = parts.known_thresholds()?.try_into().ok()?;
            let colour = (*parts.colours.first()?)?;
            Some(Condition::DataBar(DataBar {
                min,
                max,
                colour,
                show_value: !parts.hide_value,
            }))
        }
        "iconSet" => {
            let steps = parts.known_thresholds()?.into_iter();
            let steps = steps.map(|(from, inclusive)| IconStep { from, inclusive });
            Some(Condition::IconSet(IconSet {
                name: parts.icons?.into(),
                steps: steps.collect(),
                reverse: parts.reverse,
                show_value: !parts.hide_value,
            }))
        }
        "cellIs" => {
            let operator = element.attribute("operator")?;
            let operator = compare_op(&operator)?;
            let wanted = operator.operands();
            (formulas.len() >= wanted).then(|| Condition::Compare {
                operator,
                formulas: formulas[..wanted].to_vec(),
            })
        }
        "expression" => by_formula(),
        "top10" => Some(Condition::Top {
            rank: number("rank")?,
            percent: flag("percent") == Some(true),
            bottom: flag("bottom") == Some(true),
        }),
        "aboveAverage" => Some(Condition::Average {
            above: flag("aboveAverage") != Some(false),
            or_equal: flag("equalAverage") == Some(true),
            deviations: number("stdDev").filter(|&n| n > 0),
        }),
        "duplicateValues" => Some(Condition::Duplicate),
        "uniqueValues" => Some(Condition::Unique),
        "containsBlanks" => Some(Condition::Blank),
        "notContainsBlanks" => Some(Condition::NotBlank),
        "containsErrors" => Some(Condition::Error),
        "notContainsErrors" => Some(Condition::NotError),
        "timePeriod" => {
            let period = element.attribute("timePeriod")?;
            let known = TIME_PERIODS.iter().find(|(name, _)| *name == period);
            Some(Condition::Date(known?.1))
        }
        kind => {
            let (_, test) = *TEXT_TESTS.iter().find(|(name, _)| *name == kind)?;
            // The formula decides: the text may stand in another cell.
            let text = element.attribute("text");
            match (text, parts.formulas.first()) {
                (Some(text), Some(formula))
                    if !formula.contains(&format!("\"{}\"", text.replace('"', "\"\""))) =>
                {
                    by_formula()
                }
                (Some(text), _) => Some(Condition::Text {
                    test,
                    text: text.into(),
                }),
                (None, _) => by_formula(),
            }
        }
    }
}

/// The operator that a file calls so.
pub(in crate::xlsx) fn compare_op(name: &str) -> Option<CompareOp> {
    let found = COMPARE_OPS.iter().find(|(known, _)| *known == name);
    found.map(|(_, operator)| *operator)
}

pub(in crate::xlsx) const COMPARE_OPS: [(&str, CompareOp); 8] = [
    ("between", CompareOp::Between),
    ("notBetween", CompareOp::NotBetween),
    ("equal", CompareOp::Equal),
    ("notEqual", CompareOp::NotEqual),
    ("greaterThan", CompareOp::Greater),
    ("lessThan", CompareOp::Less),
    ("greaterThanOrEqual", CompareOp::GreaterOrEqual),
    ("lessThanOrEqual", CompareOp::LessOrEqual),
];

pub(in crate::xlsx) const TEXT_TESTS: [(&str, TextTest); 4] = [
    ("containsText", TextTest::Contains),
    ("notContainsText", TextTest::NotContains),
    ("beginsWith", TextTest::Begins),
    ("endsWith", TextTest::Ends),
];

pub(in crate::xlsx) const TIME_PERIODS: [(&str, TimePeriod); 10] = [
    ("yesterday", TimePeriod::Yesterday),
    ("today", TimePeriod::Today),
    ("tomorrow", TimePeriod::Tomorrow),
    ("last7Days", TimePeriod::Last7Days),
    ("lastWeek", TimePeriod::LastWeek),
    ("thisWeek", TimePeriod::ThisWeek),
    ("nextWeek", TimePeriod::NextWeek),
    ("lastMonth", TimePeriod::LastMonth),
    ("thisMonth", TimePeriod::ThisMonth),
    ("nextMonth", TimePeriod::NextMonth),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn formats(text: &str) -> Vec<ConditionalFormat> {
        let mut found = Vec::new();
        Xml::new(text)
            .each_element(|xml, element| {
                if element.name() == "conditionalFormatting" {
                    let part = read(text, xml, &element, &Colours::default())?;
                    found.extend(part.map(|part| part.format));
                }
                Ok(())
            })
            .unwrap();
        found
    }

    #[test]
    fn scales_and_comparisons_are_read_with_their_areas() {
        let found = formats(
            r#"<x><conditionalFormatting sqref="B2:C9 E:E"><cfRule type="colorScale" priority="2"><colorScale><cfvo type="min"/><cfvo type="percentile" val="50"/><cfvo type="num" val="$A$1"/><color rgb="FFF8696B"/><color rgb="FFFFEB84"/><color rgb="FF63BE7B"/></colorScale></cfRule><cfRule type="cellIs" dxfId="3" priority="1" stopIfTrue="1" operator="between"><formula>1</formula><formula>A2</formula></cfRule></conditionalFormatting><conditionalFormatting sqref=""/></x>"#,
        );
        let [format] = found.as_slice() else {
            panic!("one format, not {found:?}")
        };
        assert_eq!(format.areas.len(), 2);
        assert_eq!(format.areas[1].to_string(), "E1:E1048576");
        let Condition::ColourScale(points) = &format.rules[0].condition else {
            panic!("{:?}", format.rules[0])
        };
        assert_eq!(points[0].at, Threshold::Min);
        assert_eq!(
            points[1].at,
            Threshold::Percentile(formula_of("50", Pos::new(0, 0)))
        );
        assert_eq!(points[2].colour, Colour(0x63, 0xBE, 0x7B));
        let rule = &format.rules[1];
        assert_eq!(
            (rule.priority, rule.stop_if_true, rule.format),
            (1, true, Some(3))
        );
        let Condition::Compare { operator, formulas } = &rule.condition else {
            panic!("{rule:?}")
        };
        assert_eq!(*operator, CompareOp::Between);
        // Relative to B2: the cell to the left.
        assert_eq!(formulas[1], formula_of("B3", Pos::new(2, 2)));
    }

    #[test]
    fn a_rule_whose_text_stands_in_a_cell_goes_by_its_formula() {
        let found = formats(
            r#"<x><conditionalFormatting sqref="A1"><cfRule type="containsText" priority="1" operator="containsText" text="ab"><formula>NOT(ISERROR(SEARCH("ab",A1)))</formula></cfRule><cfRule type="containsText" priority="2" operator="containsText" text="$D$1"><formula>NOT(ISERROR(SEARCH($D$1,A1)))</formula></cfRule><cfRule type="new" priority="3"/></conditionalFormatting></x>"#,
        );
        let conditions: Vec<_> = found[0].rules.iter().map(|r| &r.condition).collect();
        assert_eq!(
            *conditions[0],
            Condition::Text {
                test: TextTest::Contains,
                text: "ab".into()
            }
        );
        assert!(matches!(conditions[1], Condition::Formula(_)));
        assert_eq!(
            *conditions[2],
            Condition::Unknown(r#"<cfRule type="new" priority="3"/>"#.into())
        );
    }
}
