//! The settings file's shape, documented for editors and people: its JSON schema comes from here.
#![expect(dead_code, reason = "only the schema is made from these types")]

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;

/// The JSON schema of the settings file, as indented JSON.
#[must_use]
pub fn schema() -> String {
    let settings = SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(without_null));
    let schema = settings.into_generator().into_root_schema_for::<File>();
    format!("{:#}\n", schema.to_value())
}

/// TOML has no null: an optional key is left out.
fn without_null(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
}

/// A duration such as "5 s", "40 min" or "1 h 30 min".
#[derive(JsonSchema)]
#[schemars(extend("pattern" = r"^\s*[0-9.]+\s*[A-Za-z]+(\s*[0-9.]+\s*[A-Za-z]+)*\s*$"))]
struct Duration(String);

/// A UUID.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"))]
struct Uuid(String);

/// Where a secret is kept, never the secret itself: a systemd credential's name or an absolute path.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = "^(/.*|[A-Za-z0-9_.-]{1,255})$"))]
struct SecretRef(String);

/// everlit's settings
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    player: Option<Player>,
    token: Option<Token>,
    powerbi: Option<PowerBi>,
    token_service: Option<TokenService>,
    /// What is shown, in this order, for ever.
    playlist: Option<Vec<Entry>>,
    display: Option<Display>,
    network: Option<Network>,
    portal: Option<Portal>,
    recovery: Option<Recovery>,
    update: Option<Update>,
}

/// This device.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Player {
    /// Name of this device on slates and in the status; without it: the host's name.
    #[schemars(length(min = 1, max = 64))]
    name: Option<String>,
}

/// When tokens are refreshed.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Token {
    /// Refresh token every; "1 s" to "24 h". A token that dies sooner is refreshed sooner.
    #[schemars(extend("default" = "40 min"))]
    refresh_every: Option<Duration>,
    /// Also refresh when somebody touches the screen.
    #[schemars(extend("default" = true))]
    refresh_on_interaction: Option<bool>,
    /// Refresh at the latest this long before a token dies, or a fifth of its life if that is less.
    #[schemars(extend("default" = "10 min"))]
    refresh_before_expiry: Option<Duration>,
}

/// Tokens from Power BI itself, as a service principal.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["client_secret"] },
    { "required": ["client_certificate", "client_key"] },
]))]
struct PowerBi {
    /// The directory's UUID or one of its domain names.
    tenant_id: String,
    /// The application's UUID.
    client_id: Uuid,
    client_secret: Option<SecretRef>,
    /// A PEM certificate, instead of the client secret: a systemd credential's name or a path.
    client_certificate: Option<SecretRef>,
    /// The certificate's private key (RSA, PEM): a systemd credential's name or a path.
    client_key: Option<SecretRef>,
    /// Microsoft's cloud that the reports are in.
    #[schemars(extend("default" = "public"))]
    cloud: Option<Cloud>,
    endpoints: Option<Endpoints>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Cloud {
    Public,
    UsGovGcc,
    UsGovGccHigh,
    UsGovDod,
    China,
}

/// Addresses instead of the cloud's; https, or http on this machine.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Endpoints {
    /// Where Entra gives tokens; the public cloud's is login.microsoftonline.com.
    authority: Option<String>,
    /// Scope of the Entra token; ends with "/.default".
    scope: Option<String>,
    /// The Power BI REST API; the public cloud's is api.powerbi.com.
    api: Option<String>,
    /// Host names that a report may be on; "*.example.com" is any subdomain.
    #[schemars(length(min = 1))]
    embed_hosts: Option<Vec<String>>,
}

/// Tokens from an HTTPS endpoint of your own.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenService {
    /// Answers with {token, expiration, embedUrl?}.
    url: String,
    /// Sent as bearer token: a systemd credential's name or a path.
    bearer: Option<SecretRef>,
    /// Host names that a report may be on; without it: those of the public cloud.
    #[schemars(length(min = 1))]
    embed_hosts: Option<Vec<String>>,
}

/// A report (report_id, workspace_id, ...) or a web page (url, ...).
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["report_id", "workspace_id"] },
    { "required": ["url"] },
]))]
struct Entry {
    report_id: Option<Uuid>,
    workspace_id: Option<Uuid>,
    /// Name of the report page to open.
    #[schemars(length(min = 1, max = 256))]
    page: Option<String>,
    /// Name of the bookmark to apply.
    #[schemars(length(min = 1, max = 256))]
    bookmark: Option<String>,
    identity: Option<Identity>,
    /// Address of the web page; http or https.
    url: Option<String>,
    /// Load the page afresh this often; without it: never.
    reload_every: Option<Duration>,
    /// Hosts that the page may go to besides its own site; "*.example.com" is any subdomain.
    allow: Option<Vec<String>>,
    /// How long it is shown when there are several entries.
    #[schemars(range(min = 1, max = 86400), extend("default" = 60))]
    seconds: Option<f64>,
}

/// Whose rows the report shows (row-level security).
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Identity {
    #[schemars(length(min = 1, max = 256))]
    username: String,
    /// At most 50 roles without commas.
    #[schemars(length(max = 50), inner(length(min = 1, max = 50), pattern("^[^,]*$")))]
    roles: Option<Vec<String>>,
}

/// The screen.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Display {
    /// Clockwise.
    #[schemars(extend("enum" = [0, 90, 180, 270], "default" = 0))]
    rotate: Option<u16>,
    /// Zoom factor of the content.
    #[schemars(range(min = 0.25, max = 5.0), extend("default" = 1.0))]
    zoom: Option<f64>,
    #[schemars(extend("default" = "hidden"))]
    cursor: Option<Cursor>,
    /// When the screen is on; empty: always.
    #[schemars(extend("default" = []))]
    schedule: Option<Schedule>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Cursor {
    Hidden,
    Shown,
}

/// Such as "Mon-Fri 07:00-19:00".
#[derive(JsonSchema)]
#[serde(untagged)]
enum Schedule {
    One(String),
    Several(Vec<String>),
}

/// The way to the network.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Network {
    /// Address of an HTTP proxy, with its port.
    proxy: Option<String>,
    /// Absolute paths of PEM certificates to trust besides the system's.
    #[schemars(extend("default" = []), inner(pattern("^/")))]
    trusted_certificates: Option<Vec<String>>,
}

/// The web pages to manage this device.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Portal {
    /// Address and port to listen on; with TLS unless the address is a loopback one.
    #[schemars(extend("default" = "127.0.0.1:8400"))]
    listen: Option<String>,
    /// Absolute path of its PEM certificate; without it, a self-signed one is made.
    #[schemars(extend("pattern" = "^/"))]
    certificate: Option<String>,
    /// Where the certificate's PEM private key is kept.
    key: Option<SecretRef>,
    /// Further host names that browsers may call it by.
    #[schemars(extend("default" = []))]
    hosts: Option<Vec<String>>,
    /// Let everybody read the metrics.
    #[schemars(extend("default" = false))]
    open_metrics: Option<bool>,
}

/// When something counts as broken, and what then.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Recovery {
    /// Content that loads this long without being shown counts as failed.
    #[schemars(extend("default" = "60 s"))]
    load_limit: Option<Duration>,
    /// A page that gives no sign of life this long is replaced.
    #[schemars(extend("default" = "5 s"))]
    heartbeat_limit: Option<Duration>,
    /// How often the picture is looked at; one that has turned into one flat colour is loaded again.
    #[schemars(extend("default" = "60 s"))]
    blank_after: Option<Duration>,
    /// While the service stays away after the token died: "keep" the last picture, with its age,
    /// for offline_limit, or show a "slate" at once.
    #[schemars(extend("default" = "keep"))]
    when_offline: Option<WhenOffline>,
    /// The last picture is kept at most this long after its token died.
    #[schemars(extend("default" = "8 h"))]
    offline_limit: Option<Duration>,
    /// New settings are undone when nothing is shown within this time.
    #[schemars(extend("default" = "3 min"))]
    confirm_within: Option<Duration>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum WhenOffline {
    Keep,
    Slate,
}

/// Where an image gets the next one; nothing happens without url.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Update {
    /// Address of the bundle; https, or http on this machine.
    url: Option<String>,
    /// "15 min" to "365 d".
    #[schemars(extend("default" = "24 h"))]
    check_every: Option<Duration>,
    /// When it may be installed, which restarts the device; empty: always.
    #[schemars(extend("default" = "02:00-04:00"))]
    window: Option<Spans>,
}

/// Such as "02:00-04:00" or "Sat,Sun 22:00-06:00", on the device's own clock.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Spans {
    One(String),
    Several(Vec<String>),
}
