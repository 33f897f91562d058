//! What an operator can ask for, by its name in addresses and on the command line.

use std::{fmt, str::FromStr};

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::player::Ask;

/// An [`Ask`] with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action(pub Ask);

impl Action {
    const ALL: [Self; 5] = [
        Self(Ask::Reload),
        Self(Ask::RefreshToken),
        Self(Ask::RestartWebview),
        Self(Ask::Identify),
        Self(Ask::Invite),
    ];

    /// Such as `refresh-token`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Ask::Reload => "reload",
            Ask::RefreshToken => "refresh-token",
            Ask::RestartWebview => "restart-webview",
            Ask::Identify => "identify",
            Ask::Invite => "show-code",
        }
    }
}

impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.map(Self::name);
        let word = ObjectBuilder::new().schema_type(Type::String);
        word.enum_values(Some(names)).into()
    }
}

impl ToSchema for Action {}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|action| action.name() == name)
            .ok_or_else(|| UnknownAction(name.to_owned()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no action {0}")]
pub struct UnknownAction(String);
