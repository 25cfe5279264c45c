//! The written grammar names what the parser does.

#[test]
fn every_production_is_a_function_of_the_parser() {
    let grammar = include_str!("../../../grammar/formula.ebnf");
    let sources = [
        include_str!("../parser.rs"),
        include_str!("../lexer.rs"),
        include_str!("../table.rs"),
        include_str!("../reference.rs"),
    ]
    .concat();
    let mut productions = 0;
    for line in grammar.lines() {
        if let Some((name, _)) = line.split_once(" = ")
            && name
                .trim_end()
                .chars()
                .all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c))
        {
            productions += 1;
            let name = name.trim_end();
            assert!(
                sources.contains(&format!("fn {name}(")),
                "the parser has no function {name}"
            );
        }
    }
    assert!(productions > 20, "only {productions} productions found");
}
