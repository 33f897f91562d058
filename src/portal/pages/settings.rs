//! The settings as a form: changed, shown once more, saved.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;

use super::{
    Admin, Fields, Frame, Sent, Site, go_to, html,
    input::{InputPart, is_pem},
    refuse,
    versions::{Comparison, author, refusal_of},
};
use crate::{
    portal::{Refusal, access::Session, custody::Kind},
    settings::{
        Problem, Settings,
        form::{self, Applied, Entry, EntryKind, Failure, Form, Input, Source},
    },
    store::Expected,
};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/text", get(show_text))
        .route("/settings/review", post(review))
        .route("/settings/save", post(save))
}

/// The file as it is, and what a page begins from.
struct Present {
    text: String,
    /// Empty: there is no file.
    revision: String,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    form: Form,
    base: String,
    /// The text that the form was made from, encoded: browsers change line breaks.
    draft: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "text.html")]
struct TextPage {
    frame: Frame,
    text: String,
    base: String,
    problems: Vec<String>,
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    frame: Frame,
    diff: Comparison,
    base: String,
    draft: String,
    /// Whether the new settings have to prove themselves.
    watches: bool,
    confirm_within: String,
}

#[derive(Deserialize)]
struct Saved {
    saved: Option<u64>,
}

async fn show(
    State(site): State<Arc<Site>>,
    Admin(admin): Admin,
    Query(saved): Query<Saved>,
) -> Response {
    let present = match present(&site).await {
        Ok(present) => present,
        Err(refusal) => return refuse(&site, &refusal),
    };
    let mut page = match SettingsPage::new(&site, &admin, &present.text, &present.revision) {
        Ok(page) => page,
        Err(problems) => {
            return html(&TextPage {
                frame: Frame::of(&site, "/settings", &admin),
                text: present.text,
                base: present.revision,
                problems,
            });
        }
    };
    page.frame.notice = saved.saved.map(|id| {
        format!(
            "Saved as version {id}. The wall follows at once; the history tells what came of it."
        )
    });
    html(&page)
}

async fn show_text(State(site): State<Arc<Site>>, Admin(admin): Admin) -> Response {
    match present(&site).await {
        Ok(present) => html(&TextPage {
            frame: Frame::of(&site, "/settings", &admin),
            text: present.text,
            base: present.revision,
            problems: Vec::new(),
        }),
        Err(refusal) => refuse(&site, &refusal),
    }
}

/// Shows the form again when something is wrong or was asked for, and else what would change.
async fn review(State(site): State<Arc<Site>>, Sent { admin, fields }: Sent) -> Response {
    let present = match unchanged(&site, fields.get("base")).await {
        Ok(present) => present,
        Err(refusal) => return refuse(&site, &refusal),
    };
    if let Some(text) = fields.find("text") {
        return review_text(&site, &admin, &present, &text.replace("\r\n", "\n"));
    }
    let draft = match draft(&fields) {
        Some(draft) => draft,
        None => present.text.clone(),
    };
    let submitted = match site.submitted(&fields).await {
        Ok(submitted) => submitted,
        Err(refusal) => return refuse(&site, &refusal),
    };
    let path = site.api.settings().path();
    let applied = match form::apply(&draft, path, &submitted) {
        Ok(applied) => applied,
        Err(failure) => return refuse(&site, &unwritable(&failure)),
    };
    let is_wrong = has_problems(&applied.form);
    if is_wrong || asks_for_the_form(&fields) {
        let page = SettingsPage::of(&site, &admin, applied, present.revision);
        let status = if is_wrong && !asks_for_the_form(&fields) {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        return (status, html(&page)).into_response();
    }
    show_review(&site, &admin, &present, &applied.text)
}

fn review_text(site: &Site, admin: &Session, present: &Present, text: &str) -> Response {
    let Err(problems) = Settings::parse(text, site.api.settings().path()) else {
        return show_review(site, admin, present, text);
    };
    let page = TextPage {
        frame: Frame::of(site, "/settings", admin),
        text: text.to_owned(),
        base: present.revision.clone(),
        problems: problems.0.iter().map(ToString::to_string).collect(),
    };
    (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response()
}

fn show_review(site: &Site, admin: &Session, present: &Present, text: &str) -> Response {
    let mut frame = Frame::of(site, "/settings", admin);
    if text == present.text {
        frame.notice = Some("Nothing has changed.".to_owned());
    }
    let settings = Settings::parse(text, site.api.settings().path());
    let confirm_within = settings.map(|settings| settings.recovery.confirm_within);
    html(&ReviewPage {
        frame,
        diff: Comparison::new(&present.text, text),
        base: present.revision.clone(),
        draft: BASE64_STANDARD.encode(text),
        watches: site.api.is_proven(),
        confirm_within: super::spoken::seconds(confirm_within.unwrap_or_default().as_secs()),
    })
}

async fn save(State(site): State<Arc<Site>>, Sent { fields, .. }: Sent) -> Response {
    let Some(text) = draft(&fields) else {
        let detail = "the new settings are missing; begin again";
        return refuse(&site, &Refusal::new(StatusCode::BAD_REQUEST, detail));
    };
    let expected = match fields.get("base") {
        "" => Expected::Nothing,
        base => Expected::OneOf(vec![base.to_owned()]),
    };
    if let Err(refusal) = site.custody.check(&text, &site.api) {
        return refuse(&site, &refusal);
    }
    match site.api.settings().replace(text, expected, author()).await {
        Ok(version) => go_to(&format!("/settings?saved={}", version.id)),
        Err(failure) => refuse(&site, &refusal_of(failure)),
    }
}

async fn present(site: &Site) -> Result<Present, Refusal> {
    use crate::store::ReadFailure;
    match site.api.settings().read().await {
        Ok((text, revision)) => Ok(Present { text, revision }),
        Err(ReadFailure::Missing) => Ok(Present {
            text: String::new(),
            revision: String::new(),
        }),
        Err(failure) => {
            let detail = format!("the settings file cannot be read: {failure}");
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, detail))
        }
    }
}

/// The file, if it is still the one that the page was made from.
async fn unchanged(site: &Site, base: &str) -> Result<Present, Refusal> {
    let present = present(site).await?;
    if present.revision == base {
        return Ok(present);
    }
    let detail = "somebody else has changed the settings since this page was loaded; nothing was \
        saved. Load the settings again and repeat the change.";
    Err(Refusal::new(StatusCode::CONFLICT, detail))
}

fn draft(fields: &Fields) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(fields.find("draft")?).ok()?;
    String::from_utf8(bytes).ok()
}

/// Whether a button was pressed that changes the form itself.
fn asks_for_the_form(fields: &Fields) -> bool {
    fields.names().any(|name| {
        let is_arrangement = name.starts_with("playlist[")
            && [".remove", ".up", ".down"]
                .iter()
                .any(|end| name.ends_with(end));
        is_arrangement || name == "add" || name == "again"
    })
}

fn has_problems(form: &Form) -> bool {
    let in_groups = form.groups.iter().any(|group| !group.problems.is_empty());
    let in_entries = form.playlist.iter().any(|entry| !entry.problems.is_empty());
    let in_inputs = form.inputs().any(|input| !input.problems.is_empty());
    !form.problems.is_empty() || in_groups || in_entries || in_inputs
}

fn unwritable(failure: &Failure) -> Refusal {
    let detail = format!("{failure}; edit the file as text instead");
    Refusal::new(StatusCode::CONFLICT, detail)
}

impl SettingsPage {
    fn new(site: &Site, admin: &Session, text: &str, base: &str) -> Result<Self, Vec<String>> {
        let form = Form::of(text, site.api.settings().path()).map_err(|problems| {
            problems
                .0
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        })?;
        let text = text.to_owned();
        Ok(Self::of(
            site,
            admin,
            Applied { text, form },
            base.to_owned(),
        ))
    }

    fn of(site: &Site, admin: &Session, applied: Applied, base: String) -> Self {
        let Applied { text, form } = applied;
        let problem = has_problems(&form)
            .then(|| "Nothing was saved: correct what is marked below.".to_owned());
        Self {
            frame: Frame::of(site, "/settings", admin),
            form,
            base,
            draft: BASE64_STANDARD.encode(text),
            problem,
        }
    }

    fn words(&self, problem: &Problem) -> String {
        problem.sentence()
    }

    fn source(&self) -> &'static str {
        match self.form.source {
            Source::None => "none",
            Source::PowerBi | Source::Both => "powerbi",
            Source::TokenService => "token_service",
        }
    }

    fn sources(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("powerbi", "Power BI itself"),
            ("token_service", "A token service of your own"),
            ("none", "Nowhere: only web pages are shown"),
        ]
    }

    fn kind(&self, entry: &Entry) -> &'static str {
        match entry.kind {
            EntryKind::Report => "Report",
            EntryKind::Page => "Web page",
        }
    }

    fn input(&self, input: &Input) -> String {
        InputPart::new(input).to_string()
    }

    /// Whether an input is folded away: few need it, and nothing is in it.
    fn is_hidden(&self, input: &Input) -> bool {
        input.field.is_advanced && !input.is_set && input.problems.is_empty()
    }

    fn has_hidden(&self, inputs: &[Input]) -> bool {
        inputs.iter().any(|input| self.is_hidden(input))
    }
}

impl Site {
    /// What was filled in, with each new secret put into a file of its own.
    async fn submitted(&self, fields: &Fields) -> Result<BTreeMap<String, String>, Refusal> {
        let mut submitted = BTreeMap::new();
        for (name, value) in fields.iter() {
            submitted.insert(name.to_owned(), value.replace("\r\n", "\n"));
        }
        let secrets = fields
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("new:")?, value)))
            .filter(|(_, value)| !value.trim().is_empty());
        for (name, value) in secrets {
            let kind = if is_pem(name) { Kind::Pem } else { Kind::Line };
            let path = self
                .custody
                .keep(name, kind, value.into(), &self.api)
                .await?;
            submitted.insert(name.to_owned(), path.display().to_string());
        }
        Ok(submitted)
    }
}
