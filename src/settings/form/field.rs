//! What a field of the settings form is.

/// Fields that belong together, as one table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The table's name in the file.
    pub key: &'static str,
    pub title: &'static str,
    pub help: &'static str,
    pub fields: &'static [Field],
}

/// One key of the settings, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Within its section or playlist entry; dotted.
    pub key: &'static str,
    pub label: &'static str,
    /// One sentence with the allowed range and why.
    pub help: &'static str,
    pub kind: Kind,
    /// What counts when the field is empty, as one would type it.
    pub default: Option<&'static str>,
    pub is_required: bool,
    /// Few people need it.
    pub is_advanced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Such as "40 min".
    Duration,
    Number,
    /// `true`, `false`, or empty for the default.
    Flag,
    /// One of these words, or empty for the default.
    Choice(&'static [&'static str]),
    /// One item a line.
    List,
    /// A list that may be written as one text.
    ListOrText,
    /// Where a secret is kept.
    Secret,
}

impl Field {
    pub(super) const fn new(
        key: &'static str,
        label: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        Self {
            key,
            label,
            help,
            kind,
            default: None,
            is_required: false,
            is_advanced: false,
        }
    }

    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    pub(super) const fn advanced(mut self) -> Self {
        self.is_advanced = true;
        self
    }
}
