//! One field of the settings form.

use askama::Template;

use crate::settings::{
    Problem,
    form::{Input, Kind},
};

#[derive(Template)]
#[template(path = "input.html")]
pub(super) struct InputPart<'a> {
    input: &'a Input,
    /// The name, fit for an HTML id.
    id: String,
}

impl<'a> InputPart<'a> {
    pub(super) fn new(input: &'a Input) -> Self {
        let id = input.name.replace(['[', ']', '.'], "-");
        Self { input, id }
    }

    /// In the words of `everlit check`, without file, line and key: it stands beside its field.
    fn words(&self, problem: &Problem) -> String {
        problem.sentence()
    }

    /// What ties the field to its help and its problems.
    fn marks(&self) -> String {
        let id = &self.id;
        if self.input.problems.is_empty() {
            format!(" aria-describedby=\"{id}-help\"")
        } else {
            format!(" aria-describedby=\"{id}-help {id}-problem\" aria-invalid=\"true\"")
        }
    }

    fn placeholder(&self) -> &'static str {
        self.input.field.default.unwrap_or_default()
    }

    fn default_words(&self) -> String {
        let default = match self.input.field.default {
            Some("true") => "yes",
            Some("false") => "no",
            Some(default) => default,
            None => return "not set".to_owned(),
        };
        format!("usual: {default}")
    }

    /// Whether the value is none of those to choose from: it is a mistake, and stays visible.
    fn is_odd(&self) -> bool {
        let value = self.input.value.as_str();
        !value.is_empty()
            && match self.input.field.kind {
                Kind::Flag => value != "true" && value != "false",
                Kind::Choice(words) => !words.contains(&value),
                Kind::Text
                | Kind::Duration
                | Kind::Number
                | Kind::List
                | Kind::ListOrText
                | Kind::Secret => false,
            }
    }

    fn rows(&self) -> usize {
        self.input.value.lines().count().clamp(2, 8)
    }

    fn is_long(&self) -> bool {
        match self.input.field.kind {
            Kind::List | Kind::ListOrText => true,
            Kind::Text
            | Kind::Duration
            | Kind::Number
            | Kind::Flag
            | Kind::Choice(_)
            | Kind::Secret => false,
        }
    }

    fn takes_a_secret(&self) -> bool {
        self.input.field.kind == Kind::Secret
    }

    fn is_pem(&self) -> bool {
        is_pem(&self.input.name)
    }

    fn secret_name(&self) -> String {
        self.input.field.label.to_lowercase()
    }
}

/// Whether a secret is a PEM file and not one line.
pub(super) fn is_pem(name: &str) -> bool {
    name.ends_with("certificate") || name.ends_with("key")
}
