//! The written grammar names what the parser does.

#[test]
fn every_production_is_a_function_of_the_parser() {
    let grammar = include_str!("../../../grammar/formula.ebnf");
    let sources = [
        include_str!("../parser.rs"),
        include_str!("../parser/reference.rs"),
        include_str!("../lexer.rs"),
        include_str!("../table.rs"),
        include_str!("../reference.rs"),
    ]
    .concat();
    let mut productions = 0;
    for line in grammar.lines() {
        let Some((name, _)) = line.split_once(" = ") else {
            continue;
        };
        if name.starts_with(|c: char| c.is_ascii_lowercase()) {
            productions += 1;
            let function = format!("fn {name}(");
            assert!(sources.contains(&function), "no function reads {name}");
        }
    }
    assert!(productions > 20, "only {productions} productions found");
}
