//! CONVERT: from one unit of measure to another.
//!
//! Factors are those Microsoft documents (and Excel computes with); the SI
//! prefix of a squared or cubed unit is squared or cubed with it.

use super::super::arguments::{Scalars, done};
use super::super::params::scalar;
use super::super::{Category, Function, ValueRule};
use crate::value::{ErrorKind, Value};

/// What a unit measures. Units of one kind convert into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mass,
    Distance,
    Time,
    Pressure,
    Force,
    Energy,
    Power,
    Magnetism,
    Temperature,
    Volume,
    Area,
    Information,
    Speed,
}

/// A unit: `value * factor + shift` in the base unit of its kind.
struct Unit {
    /// All its names, separated by spaces.
    names: &'static str,
    kind: Kind,
    factor: f64,
    shift: f64,
    /// The power to which an SI prefix is taken; 0 where none is allowed.
    prefix: i32,
}

const fn unit(kind: Kind, names: &'static str, factor: f64, prefix: i32) -> Unit {
    Unit {
        names,
        kind,
        factor,
        shift: 0.0,
        prefix,
    }
}

const fn degree(names: &'static str, factor: f64, shift: f64, prefix: i32) -> Unit {
    Unit {
        names,
        kind: Kind::Temperature,
        factor,
        shift,
        prefix,
    }
}

const INCH: f64 = 0.0254;
const FOOT: f64 = 0.3048;
const YARD: f64 = 0.9144;
const MILE: f64 = 1609.344;
const NAUTICAL_MILE: f64 = 1852.0;
const LIGHT_YEAR: f64 = 9_460_730_472_580_800.0;
/// A 72nd of an inch.
const POINT: f64 = INCH / 72.0;
const SURVEY_MILE: f64 = 6_336_000.0 / 3937.0;
const POUND: f64 = 0.453_592_37;
const POUND_FORCE: f64 = POUND * 9.806_65;
const GALLON: f64 = 231.0 * INCH * INCH * INCH;
const IMPERIAL_GALLON: f64 = 0.004_546_09;
const HORSEPOWER: f64 = 550.0 * FOOT * POUND_FORCE;

const UNITS: &[Unit] = &[
    unit(Kind::Mass, "g", 1.0, 1),
    unit(Kind::Mass, "sg", 1000.0 * POUND_FORCE / FOOT, 0),
    unit(Kind::Mass, "lbm", 1000.0 * POUND, 0),
    unit(Kind::Mass, "u", 1.660_538_782e-24, 1),
    unit(Kind::Mass, "ozm", 1000.0 * POUND / 16.0, 0),
    unit(Kind::Mass, "grain", POUND / 7.0, 0),
    unit(Kind::Mass, "cwt shweight", 100_000.0 * POUND, 0),
    unit(Kind::Mass, "uk_cwt lcwt hweight", 112_000.0 * POUND, 0),
    unit(Kind::Mass, "stone", 14_000.0 * POUND, 0),
    unit(Kind::Mass, "ton", 2_000_000.0 * POUND, 0),
    unit(Kind::Mass, "uk_ton LTON brton", 2_240_000.0 * POUND, 0),
    unit(Kind::Distance, "m", 1.0, 1),
    unit(Kind::Distance, "mi", MILE, 0),
    unit(Kind::Distance, "Nmi", NAUTICAL_MILE, 0),
    unit(Kind::Distance, "in", INCH, 0),
    unit(Kind::Distance, "ft", FOOT, 0),
    unit(Kind::Distance, "yd", YARD, 0),
    unit(Kind::Distance, "ang", 1e-10, 1),
    unit(Kind::Distance, "ell", 1.143, 0),
    unit(Kind::Distance, "ly", LIGHT_YEAR, 1),
    unit(Kind::Distance, "parsec pc", 3.085_677_581_281_553_2e16, 1),
    unit(Kind::Distance, "Picapt Pica", POINT, 0),
    unit(Kind::Distance, "pica", INCH / 6.0, 0),
    unit(Kind::Distance, "survey_mi", SURVEY_MILE, 0),
    unit(Kind::Time, "yr", 31_557_600.0, 0),
    unit(Kind::Time, "day d", 86_400.0, 0),
    unit(Kind::Time, "hr", 3600.0, 0),
    unit(Kind::Time, "mn min", 60.0, 0),
    unit(Kind::Time, "sec s", 1.0, 1),
    unit(Kind::Pressure, "Pa p", 1.0, 1),
    unit(Kind::Pressure, "atm at", 101_325.0, 1),
    unit(Kind::Pressure, "mmHg", 133.322, 1),
    unit(Kind::Pressure, "psi", POUND_FORCE / (INCH * INCH), 0),
    unit(Kind::Pressure, "Torr", 101_325.0 / 760.0, 0),
    unit(Kind::Force, "N", 1.0, 1),
    unit(Kind::Force, "dyn dy", 1e-5, 1),
    unit(Kind::Force, "lbf", POUND_FORCE, 0),
    unit(Kind::Force, "pond", 0.009_806_65, 1),
    unit(Kind::Energy, "J", 1.0, 1),
    unit(Kind::Energy, "e", 1e-7, 1),
    unit(Kind::Energy, "c", 4.184, 1),
    unit(Kind::Energy, "cal", 4.1868, 1),
    unit(Kind::Energy, "eV ev", 1.602_176_487e-19, 1),
    unit(Kind::Energy, "HPh hh", 3600.0 * HORSEPOWER, 0),
    unit(Kind::Energy, "Wh wh", 3600.0, 1),
    unit(Kind::Energy, "flb", FOOT * POUND_FORCE, 0),
    unit(Kind::Energy, "BTU btu", 1_055.055_852_62, 0),
    unit(Kind::Power, "HP h", HORSEPOWER, 0),
    unit(Kind::Power, "PS", 735.498_75, 0),
    unit(Kind::Power, "W w", 1.0, 1),
    unit(Kind::Magnetism, "T", 1.0, 1),
    unit(Kind::Magnetism, "ga", 1e-4, 1),
    degree("K kel", 1.0, 0.0, 1),
    degree("C cel", 1.0, 273.15, 0),
    degree("F fah", 5.0 / 9.0, 273.15 - 160.0 / 9.0, 0),
    degree("Rank", 5.0 / 9.0, 0.0, 0),
    degree("Reau", 1.25, 273.15, 0),
    unit(Kind::Volume, "tsp", GALLON / 768.0, 0),
    unit(Kind::Volume, "tspm", 5e-6, 0),
    unit(Kind::Volume, "tbs", GALLON / 256.0, 0),
    unit(Kind::Volume, "oz", GALLON / 128.0, 0),
    unit(Kind::Volume, "cup", GALLON / 16.0, 0),
    unit(Kind::Volume, "pt us_pt", GALLON / 8.0, 0),
    unit(Kind::Volume, "uk_pt", IMPERIAL_GALLON / 8.0, 1),
    unit(Kind::Volume, "qt", GALLON / 4.0, 0),
    unit(Kind::Volume, "uk_qt", IMPERIAL_GALLON / 4.0, 0),
    unit(Kind::Volume, "gal", GALLON, 0),
    unit(Kind::Volume, "uk_gal", IMPERIAL_GALLON, 0),
    unit(Kind::Volume, "l L lt", 0.001, 1),
    unit(Kind::Volume, "ang3 ang^3", 1e-30, 3),
    unit(Kind::Volume, "barrel", 42.0 * GALLON, 0),
    unit(Kind::Volume, "bushel", 0.035_239_070_166_88, 0),
    unit(Kind::Volume, "ft3 ft^3", FOOT * FOOT * FOOT, 0),
    unit(Kind::Volume, "in3 in^3", INCH * INCH * INCH, 0),
    unit(
        Kind::Volume,
        "ly3 ly^3",
        LIGHT_YEAR * LIGHT_YEAR * LIGHT_YEAR,
        0,
    ),
    unit(Kind::Volume, "m3 m^3", 1.0, 3),
    unit(Kind::Volume, "mi3 mi^3", MILE * MILE * MILE, 0),
    unit(Kind::Volume, "yd3 yd^3", YARD * YARD * YARD, 0),
    unit(
        Kind::Volume,
        "Nmi3 Nmi^3",
        NAUTICAL_MILE * NAUTICAL_MILE * NAUTICAL_MILE,
        0,
    ),
    unit(
        Kind::Volume,
        "Picapt3 Picapt^3 Pica3 Pica^3",
        POINT * POINT * POINT,
        0,
    ),
    unit(Kind::Volume, "GRT regton", 100.0 * FOOT * FOOT * FOOT, 0),
    unit(Kind::Volume, "MTON", 40.0 * FOOT * FOOT * FOOT, 0),
    unit(Kind::Area, "uk_acre", MILE * MILE / 640.0, 0),
    unit(Kind::Area, "us_acre", SURVEY_MILE * SURVEY_MILE / 640.0, 0),
    unit(Kind::Area, "ang2 ang^2", 1e-20, 2),
    unit(Kind::Area, "ar", 100.0, 1),
    unit(Kind::Area, "ft2 ft^2", FOOT * FOOT, 0),
    unit(Kind::Area, "ha", 10_000.0, 0),
    unit(Kind::Area, "in2 in^2", INCH * INCH, 0),
    unit(Kind::Area, "ly2 ly^2", LIGHT_YEAR * LIGHT_YEAR, 0),
    unit(Kind::Area, "m2 m^2", 1.0, 2),
    unit(Kind::Area, "Morgen", 2500.0, 0),
    unit(Kind::Area, "mi2 mi^2", MILE * MILE, 0),
    unit(Kind::Area, "Nmi2 Nmi^2", NAUTICAL_MILE * NAUTICAL_MILE, 0),
    unit(
        Kind::Area,
        "Picapt2 Picapt^2 Pica2 Pica^2",
        POINT * POINT,
        0,
    ),
    unit(Kind::Area, "yd2 yd^2", YARD * YARD, 0),
    unit(Kind::Information, "bit", 1.0, 1),
    unit(Kind::Information, "byte", 8.0, 1),
    unit(Kind::Speed, "admkn", 6080.0 * FOOT / 3600.0, 0),
    unit(Kind::Speed, "kn", NAUTICAL_MILE / 3600.0, 0),
    unit(Kind::Speed, "m/h m/hr", 1.0 / 3600.0, 1),
    unit(Kind::Speed, "m/s m/sec", 1.0, 1),
    unit(Kind::Speed, "mph", MILE / 3600.0, 1),
];

const PREFIXES: &[(&str, i32)] = &[
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("da", 1),
    ("e", 1),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

/// Powers of 1024, for bits and bytes.
const BINARY_PREFIXES: &[&str] = &["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

pub(in super::super) const FUNCTIONS: &[Function] = &[Function::new(
    Category::Engineering,
    "CONVERT",
    &[
        scalar("number").help("the quantity"),
        scalar("from_unit"),
        scalar("to_unit"),
    ],
    "A number of one unit of measure in another: \"mi\" to \"km\", \"C\" to \"F\".",
    ValueRule::Scalar(|args, _| {
        done((|| {
            let x = args.strict(0)?;
            let (from, scale) = find(&args.text(1)?).ok_or(ErrorKind::Na)?;
            let (to, divisor) = find(&args.text(2)?).ok_or(ErrorKind::Na)?;
            if from.kind != to.kind {
                return Err(ErrorKind::Na);
            }
            let base = x * scale * from.factor + from.shift;
            Ok(Value::number((base - to.shift) / to.factor / divisor))
        })())
    }),
)
.not_differentiable("its units are text")];

/// The unit that a name means, and what its prefix multiplies it with.
fn find(name: &str) -> Option<(&'static Unit, f64)> {
    let named = |name: &str| {
        UNITS
            .iter()
            .find(|unit| unit.names.split(' ').any(|known| known == name))
    };
    if let Some(unit) = named(name) {
        return Some((unit, 1.0));
    }
    let decimal = PREFIXES.iter().find_map(|(prefix, exponent)| {
        let unit = named(name.strip_prefix(prefix)?)?;
        let scale = 10f64.powi(exponent * unit.prefix);
        (unit.prefix > 0).then_some((unit, scale))
    });
    decimal.or_else(|| {
        BINARY_PREFIXES.iter().zip(1..).find_map(|(prefix, power)| {
            let unit = named(name.strip_prefix(prefix)?)?;
            (unit.kind == Kind::Information).then_some((unit, 1024f64.powi(power)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn units_convert_within_their_kind() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("CONVERT(1,\"lbm\",\"kg\")", 0.453_592_37),
            ("CONVERT(68,\"F\",\"C\")", 20.0),
            ("CONVERT(1,\"mi\",\"km\")", 1.609_344),
            ("CONVERT(1,\"kibyte\",\"bit\")", 8192.0),
            ("CONVERT(1,\"km2\",\"m2\")", 1e6),
            ("CONVERT(1,\"dal\",\"l\")", 10.0),
        ] {
            let x = sheet.number(formula);
            assert!((x - expected).abs() <= 1e-12 * expected, "{formula}: {x}");
        }
        assert_eq!(sheet.error("CONVERT(1,\"ft\",\"sec\")"), ErrorKind::Na);
        assert_eq!(sheet.error("CONVERT(1,\"kft\",\"m\")"), ErrorKind::Na);
        assert_eq!(sheet.error("CONVERT(1,\"M\",\"m\")"), ErrorKind::Na);
    }
}
