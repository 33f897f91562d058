//! The fields that a technician changes, in the order of the page.

use super::field::{Field, Kind, Section};

const HOSTS: &str =
    "One host name a line, without https:// and port; *.example.com is any subdomain.";

/// All sections but the playlist, whose fields are in [`REPORT`] and [`PAGE`].
pub const SECTIONS: [Section; 9] = [
    DEVICE,
    TOKEN,
    POWERBI,
    TOKEN_SERVICE,
    DISPLAY,
    NETWORK,
    PORTAL,
    RECOVERY,
    UPDATE,
];

const DEVICE: Section = Section {
    key: "player",
    title: "Device",
    help: "What this device is called.",
    fields: &[Field::new(
        "name",
        "Name",
        Kind::Text,
        "1 to 64 characters, on slates and in the status; empty: the host's name.",
    )],
};

const TOKEN: Section = Section {
    key: "token",
    title: "Token",
    help: "When tokens are refreshed.",
    fields: &[
        Field::new("refresh_every", "Refresh token every", Kind::Duration,
            "1 s to 24 h. A token's own life still comes first: it is replaced at least 10 minutes before it ends.")
            .default("40 min"),
        Field::new("refresh_on_interaction", "Refresh when somebody touches the screen", Kind::Flag,
            "Yes: a touch on a screen whose token is old gets a new one, so that nobody meets an expired report.")
            .default("true"),
        Field::new("refresh_before_expiry", "Refresh before expiry", Kind::Duration,
            "1 s to 24 h: at the latest this long before a token ends, or a fifth of its life if that is less.")
            .default("10 min").advanced(),
    ],
};

const POWERBI: Section = Section {
    key: "powerbi",
    title: "Power BI",
    help: "Tokens from Power BI itself, as a service principal.",
    fields: &[
        Field::new(
            "tenant_id",
            "Tenant",
            Kind::Text,
            "The directory's UUID or one of its domain names, such as contoso.onmicrosoft.com.",
        )
        .required(),
        Field::new(
            "client_id",
            "Application (client)",
            Kind::Text,
            "The application's UUID, as in 7f1d3c5a-0b2e-4c6d-8e9f-a1b2c3d4e5f6.",
        )
        .required(),
        Field::new(
            "cloud",
            "Cloud",
            Kind::Choice(&[
                "public",
                "us-gov-gcc",
                "us-gov-gcc-high",
                "us-gov-dod",
                "china",
            ]),
            "Microsoft's cloud that the reports are in.",
        )
        .default("public"),
        Field::new(
            "client_secret",
            "Client secret",
            Kind::Secret,
            "Where it is kept: a systemd credential's name or an absolute path. Never shown.",
        ),
        Field::new(
            "client_certificate",
            "Client certificate",
            Kind::Secret,
            "A PEM certificate instead of the secret: a systemd credential's name or an absolute path.",
        )
        .advanced(),
        Field::new(
            "client_key",
            "Key of the client certificate",
            Kind::Secret,
            "Its private key (RSA, PEM): a systemd credential's name or an absolute path.",
        )
        .advanced(),
        Field::new(
            "endpoints.authority",
            "Address of Entra",
            Kind::Text,
            "An https address instead of the cloud's; http only on this machine.",
        )
        .advanced(),
        Field::new(
            "endpoints.scope",
            "Scope of the Entra token",
            Kind::Text,
            "Ends with /.default; instead of the cloud's.",
        )
        .advanced(),
        Field::new(
            "endpoints.api",
            "Address of the Power BI REST API",
            Kind::Text,
            "An https address instead of the cloud's; http only on this machine.",
        )
        .advanced(),
        Field::new(
            "endpoints.embed_hosts",
            "Hosts that a report may be on",
            Kind::List,
            HOSTS,
        )
        .advanced(),
    ],
};

const TOKEN_SERVICE: Section = Section {
    key: "token_service",
    title: "Token service",
    help: "Tokens from an HTTPS endpoint of your own, instead of Power BI.",
    fields: &[
        Field::new("url", "Address", Kind::Text,
            "An https address that answers {token, expiration, embedUrl?}; http only on this machine.")
            .required(),
        Field::new("bearer", "Bearer token", Kind::Secret,
            "Sent with each request; where it is kept: a systemd credential's name or an absolute path."),
        Field::new("embed_hosts", "Hosts that a report may be on", Kind::List, HOSTS).advanced(),
    ],
};

/// Of a playlist entry that is a report.
pub const REPORT: &[Field] = &[
    Field::new(
        "report_id",
        "Report",
        Kind::Text,
        "The report's UUID; it stands in the report's address after /reports/.",
    )
    .required(),
    Field::new(
        "workspace_id",
        "Workspace",
        Kind::Text,
        "The UUID of the report's workspace; it stands in the address after /groups/.",
    )
    .required(),
    Field::new(
        "page",
        "Page",
        Kind::Text,
        "Name of the report page to open, such as ReportSection1: up to 256 characters; empty: the report's first.",
    ),
    Field::new(
        "bookmark",
        "Bookmark",
        Kind::Text,
        "Name of the bookmark to apply: up to 256 characters.",
    ),
    SECONDS,
    Field::new(
        "identity.username",
        "User name for row-level security",
        Kind::Text,
        "Whose rows the report shows: up to 256 characters.",
    )
    .advanced(),
    Field::new(
        "identity.roles",
        "Roles for row-level security",
        Kind::List,
        "One role a line, 50 at most, without commas.",
    )
    .advanced(),
];

/// Of a playlist entry that is a web page.
pub const PAGE: &[Field] = &[
    Field::new(
        "url",
        "Address",
        Kind::Text,
        "An http or https address, without user name and password: addresses end up in logs.",
    )
    .required(),
    Field::new(
        "reload_every",
        "Load afresh every",
        Kind::Duration,
        "1 s to 365 d; empty: never, since most pages keep themselves fresh.",
    ),
    SECONDS,
    Field::new(
        "allow",
        "Hosts that the page may go to",
        Kind::List,
        "Besides its own site, one host name a line; *.example.com is any subdomain.",
    )
    .advanced(),
];

const SECONDS: Field = Field::new(
    "seconds",
    "Seconds",
    Kind::Number,
    "1 to 86400: how long it is shown when there are several entries.",
)
.default("60");

const DISPLAY: Section = Section {
    key: "display",
    title: "Display",
    help: "The screen.",
    fields: &[
        Field::new(
            "rotate",
            "Rotate",
            Kind::Choice(&["0", "90", "180", "270"]),
            "Clockwise, in degrees, for a screen that is mounted on its side.",
        )
        .default("0"),
        Field::new(
            "zoom",
            "Zoom",
            Kind::Number,
            "0.25 to 5: how much larger the content is drawn.",
        )
        .default("1.0"),
        Field::new(
            "cursor",
            "Mouse cursor",
            Kind::Choice(&["hidden", "shown"]),
            "Shown only makes sense where people work with a mouse.",
        )
        .default("hidden"),
        Field::new(
            "schedule",
            "When the screen is on",
            Kind::ListOrText,
            "One span a line, such as Mon-Fri 07:00-19:00; empty: always.",
        )
        .default(""),
    ],
};

const NETWORK: Section = Section {
    key: "network",
    title: "Network",
    help: "The way to the network.",
    fields: &[
        Field::new("proxy", "HTTP proxy", Kind::Text,
            "An address with its port, such as http://proxy.example.com:3128; empty: none."),
        Field::new("trusted_certificates", "Certificates to trust", Kind::List,
            "Absolute paths of PEM files, one a line, besides the system's; a company's CA belongs to the system.")
            .default("").advanced(),
    ],
};

const PORTAL: Section = Section {
    key: "portal",
    title: "Portal",
    help: "These pages.",
    fields: &[
        Field::new(
            "listen",
            "Address and port",
            Kind::Text,
            "0.0.0.0:8400 opens it to the network, with TLS; 127.0.0.1:8400 only to this device.",
        )
        .default("127.0.0.1:8400"),
        Field::new(
            "certificate",
            "Certificate",
            Kind::Text,
            "Absolute path of a PEM certificate; empty: a self-signed one is made.",
        )
        .advanced(),
        Field::new(
            "key",
            "Key of the certificate",
            Kind::Secret,
            "Its PEM private key: a systemd credential's name or an absolute path.",
        )
        .advanced(),
        Field::new(
            "hosts",
            "Further host names",
            Kind::List,
            "DNS names that browsers call this device by, one a line.",
        )
        .default("")
        .advanced(),
        Field::new(
            "open_metrics",
            "Let everybody read the metrics",
            Kind::Flag,
            "Yes: a monitor needs no token for /metrics.",
        )
        .default("false")
        .advanced(),
    ],
};

const RECOVERY: Section = Section {
    key: "recovery",
    title: "Recovery",
    help: "When something counts as broken, and what then.",
    fields: &[
        Field::new(
            "load_limit",
            "Longest time to load",
            Kind::Duration,
            "1 s to 1 h: content that is not shown within this counts as failed.",
        )
        .default("60 s")
        .advanced(),
        Field::new(
            "heartbeat_limit",
            "Longest silence of a page",
            Kind::Duration,
            "1 s to 1 h: a page that gives no sign of life this long is replaced; while it loads, after 20 s.",
        )
        .default("5 s")
        .advanced(),
        Field::new(
            "blank_after",
            "Look at the picture every",
            Kind::Duration,
            "1 s to 24 h: a picture that has turned into one flat colour is loaded again.",
        )
        .default("60 s")
        .advanced(),
        Field::new(
            "when_offline",
            "When the service stays away",
            Kind::Choice(&["keep", "slate"]),
            "After the token died: keep the last picture with its age, or show a slate at once.",
        )
        .default("keep")
        .advanced(),
        Field::new(
            "offline_limit",
            "Keep the last picture for",
            Kind::Duration,
            "1 s to 365 d, counted from the token's death.",
        )
        .default("8 h")
        .advanced(),
        Field::new(
            "confirm_within",
            "Confirm new settings within",
            Kind::Duration,
            "1 s to 1 h: new settings are undone when nothing is shown within this time.",
        )
        .default("3 min")
        .advanced(),
    ],
};

const UPDATE: Section = Section {
    key: "update",
    title: "Update",
    help: "How a device that runs everlit's own image updates itself.",
    fields: &[
        Field::new("url", "Address of the bundle", Kind::Text,
            "An https address (http only on this machine); empty: the device does not update itself."),
        Field::new("check_every", "Look for an update every", Kind::Duration, "15 min to 365 d; only looked for while it may be installed.")
            .default("24 h").advanced(),
        Field::new("window", "When it may be installed", Kind::ListOrText,
            "Spans on the device's clock, one a line, such as Sat,Sun 22:00-06:00: an update restarts the device.")
            .default("02:00-04:00").advanced(),
    ],
};
