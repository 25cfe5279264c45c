//! Interned formula trees.

use crate::formula::Expr;
use std::collections::HashMap;
use std::sync::Arc;

/// Names a template of a workbook.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct TemplateId(pub u32);

/// A formula in relative form, shared by all cells it was filled into.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    Formula(Expr),
    /// A formula that this program cannot read, kept as its file wrote it; it
    /// keeps its saved values and stands for one cell only.
    Unreadable(Arc<str>),
}

/// The templates of a workbook, each once.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    templates: Vec<Arc<Template>>,
    index: HashMap<Arc<Template>, TemplateId>,
}

impl Templates {
    /// # Panics
    /// If `id` is not of this workbook: a caller's mistake.
    pub fn get(&self, id: TemplateId) -> &Arc<Template> {
        &self.templates[id.0 as usize]
    }

    /// The template of an id that may be of another workbook.
    pub fn find(&self, id: TemplateId) -> Option<&Arc<Template>> {
        self.templates.get(id.0 as usize)
    }

    pub fn len(&self) -> usize {
        self.templates.len()
    }

    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter().map(|template| &**template)
    }

    /// As [`Templates::intern`], without a copy.
    pub fn intern_shared(&mut self, template: &Arc<Template>) -> TemplateId {
        if let Some(&id) = self.index.get(template) {
            return id;
        }
        let id = TemplateId(self.templates.len() as u32);
        self.templates.push(template.clone());
        self.index.insert(template.clone(), id);
        id
    }

    /// The id of an equal template, added if it is new.
    pub fn intern(&mut self, template: Template) -> TemplateId {
        if let Some(&id) = self.index.get(&template) {
            return id;
        }
        self.intern_shared(&Arc::new(template))
    }
}
