use super::*;
use crate::grid::Pos;

/// A workbook whose second sheet stores a model, under the names given.
fn book(model: &[(&str, &str)]) -> (Workbook, SheetId) {
    let mut book = Workbook::new();
    book.add_sheet("other");
    let sheet = book.add_sheet("my model");
    for (name, text) in model {
        book.names.define(hidden(name, text, sheet));
    }
    (book, sheet)
}

fn hidden(name: &str, text: &str, sheet: SheetId) -> DefinedName {
    DefinedName {
        name: name.into(),
        scope: Some(sheet),
        formula: text.into(),
        hidden: true,
    }
}

/// Applies name edits, as the workbook would.
fn apply(book: &mut Workbook, edits: &[Edit]) {
    for edit in edits {
        match edit {
            Edit::DefineName(name) => {
                book.names.define(name.clone());
            }
            other => panic!("{other:?} is no name edit"),
        }
    }
}

const BASIC: [(&str, &str); 3] = [
    ("Solver_Opt", "'my model'!$A$1"),
    ("solver_adj", "'my model'!$B$1:$B$2,other!$C$3"),
    ("solver_typ", "2"),
];

#[test]
fn a_fresh_model_is_stored_under_excels_27_names() {
    let (mut book, sheet) = book(&[]);
    let model = StoredModel::fresh("'my model'!$A$1", "'my model'!$B$1", Sense::Minimise);
    let edits = model.edits(&book.names, sheet);
    apply(&mut book, &edits);
    let mut names: Vec<(&str, &str)> = book.names.iter().map(|n| (&*n.name, &*n.formula)).collect();
    names.sort_unstable();
    // As in the course's workbook, where Excel wrote them.
    assert_eq!(
        names,
        [
            ("solver_adj", "'my model'!$B$1"),
            ("solver_cvg", "0.0001"),
            ("solver_drv", "1"),
            ("solver_eng", "1"),
            ("solver_est", "1"),
            ("solver_itr", "2147483647"),
            ("solver_mip", "2147483647"),
            ("solver_mni", "30"),
            ("solver_mrt", "0.075"),
            ("solver_msl", "2"),
            ("solver_neg", "2"),
            ("solver_nod", "2147483647"),
            ("solver_num", "0"),
            ("solver_nwt", "1"),
            ("solver_opt", "'my model'!$A$1"),
            ("solver_pre", "0.000001"),
            ("solver_rbv", "1"),
            ("solver_rlx", "2"),
            ("solver_rsd", "0"),
            ("solver_scl", "1"),
            ("solver_sho", "2"),
            ("solver_ssz", "100"),
            ("solver_tim", "2147483647"),
            ("solver_tol", "0.01"),
            ("solver_typ", "2"),
            ("solver_val", "0"),
            ("solver_ver", "3"),
        ]
    );
    assert!(
        book.names
            .iter()
            .all(|n| n.hidden && n.scope == Some(sheet))
    );
    let read = StoredModel::read(&book.names, sheet).unwrap().unwrap();
    assert_eq!(read, model);
    assert_eq!(read.edits(&book.names, sheet), []);
}

#[test]
fn a_model_is_read_whatever_the_case_of_its_names() {
    let (book, sheet) = book(&[
        BASIC[0],
        BASIC[1],
        ("SOLVER_TYP", "3"),
        ("solver_val", "-2.5"),
        ("solver_neg", "FALSE"),
        ("solver_lin", "1"),
    ]);
    let model = StoredModel::read(&book.names, sheet).unwrap().unwrap();
    assert_eq!(model.sense, Sense::Target(-2.5));
    assert!(!model.settings.nonnegative);
    assert_eq!(model.settings.engine, 2);
    let resolved = model.resolve(&book, sheet).unwrap();
    assert_eq!(resolved.cells.len(), 3);
    assert_eq!(book.address(resolved.cells[2]), "other!C3");
    assert!(resolved.bounds.is_free());
    assert_eq!(
        StoredModel::read(&book.names, SheetId(0)).unwrap(),
        None,
        "another sheet has no model"
    );
}

#[test]
fn names_that_are_not_understood_stay() {
    let (mut book, sheet) = book(&[
        BASIC[0],
        BASIC[1],
        BASIC[2],
        ("solver_xyz", "17"),
        ("solver_lhs1", "stale"),
        ("solver_pre", "1E-06"),
    ]);
    let mut model = StoredModel::read(&book.names, sheet).unwrap().unwrap();
    model.objective = "'my model'!$A$9".into();
    let edits = model.edits(&book.names, sheet);
    apply(&mut book, &edits);
    let text = |name: &str| {
        book.names
            .get(name, Some(sheet))
            .map(|n| n.formula.to_string())
    };
    assert_eq!(text("solver_xyz").unwrap(), "17");
    assert_eq!(text("solver_lhs1").unwrap(), "stale");
    assert_eq!(
        text("solver_pre").unwrap(),
        "1E-06",
        "the same number stays as written"
    );
    assert_eq!(text("solver_opt").unwrap(), "'my model'!$A$9");
    let spelling = book.names.get("solver_opt", Some(sheet)).unwrap();
    assert_eq!(&*spelling.name, "Solver_Opt");
}

#[test]
fn constant_limits_on_variables_are_bounds_and_the_rest_constraints() {
    let (mut book, sheet) = book(&[
        BASIC[0],
        BASIC[1],
        BASIC[2],
        ("solver_num", "4"),
        ("solver_lhs1", "'my model'!$B$1:$B$2"),
        ("solver_rel1", "1"),
        ("solver_rhs1", "4"),
        ("solver_lhs2", "'my model'!$B$2"),
        ("solver_rel2", "3"),
        ("solver_rhs2", "'my model'!$D$1"),
        ("solver_lhs3", "'my model'!$A$5:$A$6"),
        ("solver_rel3", "2"),
        ("solver_rhs3", "'my model'!$B$1:$B$2"),
        ("solver_lhs4", "other!$C$3"),
        ("solver_rel4", "3"),
        ("solver_rhs4", "-1"),
        // Beyond solver_num: stale.
        ("solver_lhs5", "nonsense"),
    ]);
    book.sheet_mut(sheet)
        .cells
        .set(Pos::new(0, 3), Value::Number(0.5));
    let model = StoredModel::read(&book.names, sheet).unwrap().unwrap();
    assert_eq!(model.constraints.len(), 4);
    let resolved = model.resolve(&book, sheet).unwrap();
    // Without a limit from below, B1 may not be negative.
    assert_eq!(resolved.bounds.lower, [0.0, 0.5, -1.0]);
    assert_eq!(resolved.bounds.upper, [4.0, 4.0, f64::INFINITY]);
    assert_eq!(resolved.constraints.len(), 2);
    let second = &resolved.constraints[1];
    assert_eq!(second.name, "'my model'!$A$5:$A$6 = 'my model'!$B$1:$B$2");
    assert_eq!(second.right, Right::Cell(resolved.cells[1]));
}

#[test]
fn what_cannot_be_honoured_is_named() {
    let with = |extra: &[(&'static str, &'static str)]| {
        let mut all = BASIC.to_vec();
        all.extend_from_slice(extra);
        let (book, sheet) = book(&all);
        StoredModel::read(&book.names, sheet)
            .and_then(|model| model.unwrap().resolve(&book, sheet))
            .unwrap_err()
            .to_string()
    };
    let constraint = |relation, right| {
        [
            ("solver_num", "1"),
            ("solver_lhs1", "$B$1"),
            ("solver_rel1", relation),
            ("solver_rhs1", right),
        ]
    };
    for (extra, message) in [
        (
            &constraint("4", "integer")[..],
            "$B$1 integer needs integer",
        ),
        (&constraint("5", "binary"), "$B$1 binary needs integer"),
        (&constraint("6", "alldifferent"), "all different needs"),
        (&constraint("1", "SUM($A$1:$A$2)"), "$B$1 <= SUM($A$1:$A$2)"),
        (&constraint("1", "$A$1:$A$3"), "different shapes"),
        (&constraint("9", "1"), "solver_rel1 is \"9\""),
        (&constraint("1", "-1"), "bounds of 'my model'!B1 contradict"),
        (&[("solver_num", "1")], "solver_rel1 is missing"),
        (&[("solver_num", "1e30")], "solver_num is"),
        (&[("solver_tim", "soon")], "solver_tim is \"soon\""),
        (&[("solver_adj", "#REF!")], "changing cells \"#REF!\""),
        (&[("solver_adj", "$A:$XFD")], "more than the"),
    ] {
        let error = with(extra);
        assert!(error.contains(message), "{extra:?}: {error}");
    }
}
