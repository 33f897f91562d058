//! One value of the file and where it stands.

use std::ops::Range;

use toml::{Spanned, de::DeValue};

use super::{
    findings::Findings,
    table::{Table, join},
};

/// One value and where it stands.
pub(super) struct Value<'d> {
    findings: &'d Findings<'d>,
    key: String,
    key_span: Range<usize>,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Value<'d> {
    pub(super) fn new(
        findings: &'d Findings<'d>,
        key: String,
        key_span: Range<usize>,
        value: &'d Spanned<DeValue<'d>>,
    ) -> Self {
        Self {
            findings,
            key,
            key_span,
            value,
        }
    }

    pub(super) fn toml(&self) -> &'d DeValue<'d> {
        self.value.get_ref()
    }

    /// Reports what is wrong with the value.
    pub(super) fn wrong(&self, problem: &str, remedy: &str) {
        self.findings
            .add(&self.value.span(), &self.key, problem, remedy);
    }

    /// Reports that the key should not be here at all.
    pub(super) fn misplaced(&self, problem: &str, remedy: &str) {
        self.findings
            .add(&self.key_span, &self.key, problem, remedy);
    }

    pub(super) fn wrong_kind(&self, wanted: &str, remedy: &str) {
        let problem = format!("must be {wanted}, not {}", kind(self.toml()));
        self.wrong(&problem, remedy);
    }

    /// The items of a list, or `None` with a problem reported.
    pub(super) fn items(&self, remedy: &str) -> Option<Vec<Self>> {
        let Some(items) = self.toml().as_array() else {
            self.wrong_kind("a list", remedy);
            return None;
        };
        let item = |(index, value): (usize, &'d Spanned<DeValue<'d>>)| {
            let key = format!("{}[{index}]", self.key);
            Self::new(self.findings, key, value.span(), value)
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The value as a table; one that is none is reported, and the table is not there.
    pub(super) fn table(&self, remedy: &str) -> Table<'d> {
        let entries = self.toml().as_table();
        if entries.is_none() {
            self.wrong_kind("a table", remedy);
        }
        Table::new(self.findings, entries, self.key.clone(), self.value.span())
    }

    /// A value inside this one, if this is a table and has the key.
    pub(super) fn child(&self, key: &str) -> Option<Self> {
        let (name, value) = self.toml().as_table()?.get_key_value(key)?;
        Some(Self::new(
            self.findings,
            join(&self.key, key),
            name.span(),
            value,
        ))
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
