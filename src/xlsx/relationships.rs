//! Relationships: how a part says which other parts it uses.

use super::error::OpenCause;
use super::package::Package;
use super::xml::Xml;

/// One relationship of a part.
#[derive(Clone, Debug)]
pub(super) struct Relationship {
    pub id: String,
    /// The last segment of its type: `worksheet`, `sharedStrings`, … the same
    /// in the transitional and the strict namespaces.
    pub kind: String,
    /// The part it leads to; for external ones the address as it stands.
    pub target: String,
    pub external: bool,
}

/// The relationships of a part, or of the package for the part `""`.
#[derive(Clone, Debug, Default)]
pub(super) struct Relationships {
    /// The part that holds them.
    pub part: String,
    pub list: Vec<Relationship>,
}

impl Relationships {
    /// Those of `source`; none where it has none.
    pub fn of(package: &Package, source: &str) -> Result<Self, OpenCause> {
        let part = part_of(source);
        if !package.has(&part) {
            return Ok(Self {
                part,
                list: Vec::new(),
            });
        }
        let text = package.text(&part, source)?;
        Self::parse(source, part, &text)
    }

    /// Those that the text of `part` gives to `source`.
    pub fn parse(source: &str, part: String, text: &str) -> Result<Self, OpenCause> {
        let mut list = Vec::new();
        Xml::new(text)
            .each_element(|_, element| {
                if element.name() == "Relationship" {
                    let get = |name| element.attribute(name).unwrap_or_default();
                    let external = get("TargetMode") == "External";
                    let target = get("Target");
                    list.push(Relationship {
                        id: get("Id").into_owned(),
                        kind: get("Type")
                            .rsplit('/')
                            .next()
                            .unwrap_or_default()
                            .to_owned(),
                        target: if external {
                            target.into_owned()
                        } else {
                            resolve(source, &target)
                        },
                        external,
                    });
                }
                Ok(())
            })
            .map_err(|e| e.in_part(&part, text))?;
        Ok(Self { part, list })
    }

    pub fn by_id(&self, id: &str) -> Option<&Relationship> {
        self.list.iter().find(|r| r.id == id)
    }

    /// Those of a kind, inside the package.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Relationship> {
        self.list
            .iter()
            .filter(move |r| r.kind == kind && !r.external)
    }

    /// An id that none has yet.
    pub fn new_id(&self) -> String {
        (1..)
            .map(|n| format!("rId{n}"))
            .find(|id| self.by_id(id).is_none())
            .unwrap_or_default()
    }
}

/// The part that holds the relationships of `source`.
pub(super) fn part_of(source: &str) -> String {
    match source.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("_rels/{source}.rels"),
    }
}

/// The part that a target written in `source`'s relationships means.
fn resolve(source: &str, target: &str) -> String {
    let target = percent_decode(&target.replace('\\', "/"));
    let mut segments: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => source.split('/').rev().skip(1).collect::<Vec<_>>(),
    };
    segments.reverse();
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    segments.join("/")
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |b: Option<u8>| char::from(b?).to_digit(16);
        let mut ahead = bytes.clone();
        if byte == b'%'
            && let (Some(high), Some(low)) = (hex(ahead.next()), hex(ahead.next()))
        {
            out.push((high * 16 + low) as u8);
            bytes = ahead;
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_resolve_like_addresses_of_pages() {
        let sheet = "xl/worksheets/sheet1.xml";
        assert_eq!(resolve(sheet, "../tables/t1.xml"), "xl/tables/t1.xml");
        assert_eq!(resolve(sheet, "/xl/tables/t1.xml"), "xl/tables/t1.xml");
        assert_eq!(resolve("", "xl/workbook.xml"), "xl/workbook.xml");
        assert_eq!(resolve("xl/workbook.xml", "./a%20b.xml"), "xl/a b.xml");
        assert_eq!(resolve("a.xml", "../../b.xml"), "b.xml");
        assert_eq!(part_of(sheet), "xl/worksheets/_rels/sheet1.xml.rels");
        assert_eq!(part_of(""), "_rels/.rels");
    }
}
