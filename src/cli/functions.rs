//! `gradsheet functions`: the functions that formulas can call.

use super::show::Table;
use super::{Result, Verdict, json};
use gradsheet::functions::{self, Function, Presence, Smoothness};
use serde::Serialize;
use std::io::Write;

/// List the worksheet functions, or describe one
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    gradsheet functions\n  \
    gradsheet functions SUMPRODUCT\n  \
    gradsheet functions --json")]
pub struct Args {
    /// The function to describe
    name: Option<String>,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    name: &'static str,
    category: String,
    syntax: String,
    params: Vec<Param>,
    help: &'static str,
    /// `smooth`, `kinked`, `piecewise constant` or `none`.
    derivative: &'static str,
    /// Why there is no derivative.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    volatile: bool,
    examples: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Param {
    name: &'static str,
    meaning: &'static str,
    presence: &'static str,
}

impl From<&'static Function> for Document {
    fn from(function: &'static Function) -> Self {
        let (derivative, reason) = match function.smoothness {
            Smoothness::Smooth => ("smooth", None),
            Smoothness::Kinked => ("kinked", None),
            Smoothness::PiecewiseConstant => ("piecewise constant", None),
            Smoothness::NotDifferentiable(reason) => ("none", Some(reason)),
        };
        Self {
            name: function.name,
            category: format!("{:?}", function.category).to_lowercase(),
            syntax: syntax(function),
            params: function
                .params
                .iter()
                .map(|p| Param {
                    name: p.name,
                    meaning: p.meaning(),
                    presence: match p.presence {
                        Presence::Required => "required",
                        Presence::Optional => "optional",
                        Presence::Repeating => "repeating",
                    },
                })
                .collect(),
            help: function.help,
            derivative,
            reason,
            volatile: function.volatile,
            examples: function.examples.iter().map(|e| e.formula).collect(),
        }
    }
}

/// `SUM([number], …)`
fn syntax(function: &Function) -> String {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|p| match p.presence {
            Presence::Required => p.name.to_string(),
            Presence::Optional => format!("[{}]", p.name),
            Presence::Repeating => format!("[{}], …", p.name),
        })
        .collect();
    format!("{}({})", function.name, params.join(", "))
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    match &args.name {
        Some(name) => describe(name, args.json, out),
        None => list(args.json, out),
    }
}

fn list(as_json: bool, out: &mut dyn Write) -> Result {
    let mut documents: Vec<Document> = functions::all().map(Document::from).collect();
    if as_json {
        json::print(out, &documents)?;
        return Ok(Verdict::Holds);
    }
    documents.sort_by(|a, b| (&a.category, a.name).cmp(&(&b.category, b.name)));
    let mut table = Table::default();
    let mut category = String::new();
    for document in &documents {
        if document.category != category {
            if !category.is_empty() {
                table.row();
            }
            category.clone_from(&document.category);
            table.row().text(&category.to_uppercase());
        }
        table.row().text(document.name).text(document.help);
    }
    table.print(out)?;
    writeln!(out, "\n{} functions", documents.len())?;
    Ok(Verdict::Holds)
}

fn describe(name: &str, as_json: bool, out: &mut dyn Write) -> Result {
    let wanted = name.trim().trim_end_matches("()").to_uppercase();
    let Some(function) = functions::find(&wanted) else {
        let near = similar(&wanted);
        let hint = if near.is_empty() {
            "see gradsheet functions".to_string()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        return Err(format!("there is no function {wanted}: {hint}").into());
    };
    let document = Document::from(function);
    if as_json {
        json::print(out, &document)?;
        return Ok(Verdict::Holds);
    }
    writeln!(out, "{}\n\n{}", document.syntax, document.help)?;
    if !document.params.is_empty() {
        writeln!(out)?;
        let mut table = Table::default();
        for param in &document.params {
            table.row().text(param.name).text(param.meaning);
        }
        table.print(out)?;
    }
    match document.reason {
        Some(reason) => writeln!(
            out,
            "\n{} cannot be differentiated: {reason}.",
            document.name
        )?,
        None => writeln!(out, "\nDerivative: {}.", document.derivative)?,
    }
    if document.volatile {
        writeln!(out, "Volatile: it is recalculated at every change.")?;
    }
    for example in &document.examples {
        writeln!(out, "Example: ={example}")?;
    }
    Ok(Verdict::Holds)
}

/// The names most like one that is none, nearest first: few typing errors
/// away, or holding it.
fn similar(wanted: &str) -> Vec<&'static str> {
    const SHOWN: usize = 5;
    let errors = wanted.chars().count().div_ceil(4).max(1);
    let mut near: Vec<(usize, &str)> = functions::all()
        .map(|f| (strsim::damerau_levenshtein(wanted, f.name), f.name))
        .filter(|(distance, known)| {
            *distance <= errors || (wanted.chars().count() >= 3 && known.contains(wanted))
        })
        .collect();
    near.sort_unstable();
    near.truncate(SHOWN);
    near.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        for function in functions::all() {
            json::assert_documented("functions", &Document::from(function));
        }
    }

    #[test]
    fn a_function_is_found_in_any_case_and_others_are_suggested() {
        let mut out = Vec::new();
        run(
            &Args {
                name: Some("sum".into()),
                json: false,
            },
            &mut out,
        )
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("SUM("), "{text}");
        assert!(text.contains("number2  further numbers or cells"), "{text}");
        for (typed, first) in [
            ("SUMM", "SUM"),
            ("vlokup", "VLOOKUP"),
            ("IFFERROR", "IFERROR"),
            ("PERCENTIL", "PERCENTILE"),
            ("STANDARD", "STANDARDIZE"),
        ] {
            let error = describe(typed, false, &mut Vec::new()).unwrap_err();
            assert!(
                error.to_string().contains(&format!("did you mean {first}")),
                "{error}"
            );
        }
        let error = describe("QQQQQQ", false, &mut Vec::new()).unwrap_err();
        assert!(
            error.to_string().ends_with("see gradsheet functions"),
            "{error}"
        );
    }
}
