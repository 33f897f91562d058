//! The names under which the stand-in is known: hosts, tenant, application, workspace, reports.

pub const TENANT_ID: &str = "5f0c2f6e-8d0a-4a53-9a53-0b8a6f3f7a01";
pub const CLIENT_ID: &str = "c1b9f0de-1d7e-4a0f-8c44-2f3b6d9e7a02";
pub const WORKSPACE_ID: &str = "3a7d5b1c-6f2e-4c88-b1d0-9e4f8a2c7a03";
/// The report that [`crate::Content::Report`] shows.
pub const REPORT_ID: &str = "9b2e4d6f-0a1c-4e3b-8f5d-7c6b5a4e7a04";
/// Another report of the same workspace.
pub const SECOND_REPORT_ID: &str = "6d8f1a3b-5c7e-4b9d-a2f4-1e3d5c7b7a05";

pub const ENTRA_HOST: &str = "login.microsoftonline.com";
pub const API_HOST: &str = "api.powerbi.com";
pub const REPORT_HOST: &str = "app.powerbi.com";
pub const DATA_HOST: &str = "wabi-standin.analysis.windows.net";
pub const TOKEN_SERVICE_HOST: &str = "token.standin.example";
pub const PORTAL_HOST: &str = "portal.standin.example";
pub const DASHBOARDS_HOST: &str = "dashboards.standin.example";

/// Every name in the certificate, and every host that the proxy connects to.
pub const HOSTS: [&str; 8] = [
    REPORT_HOST,
    API_HOST,
    ENTRA_HOST,
    DATA_HOST,
    DASHBOARDS_HOST,
    PORTAL_HOST,
    TOKEN_SERVICE_HOST,
    "localhost",
];

/// A report that exists here.
pub(crate) struct KnownReport {
    pub(crate) id: &'static str,
    pub(crate) dataset_id: &'static str,
    pub(crate) name: &'static str,
}

pub(crate) const REPORTS: [KnownReport; 2] = [
    KnownReport {
        id: REPORT_ID,
        dataset_id: "f4c2a0e8-7b5d-4391-8e6a-2d0c4b6f7a06",
        name: "Operations today",
    },
    KnownReport {
        id: SECOND_REPORT_ID,
        dataset_id: "0e9c7a5b-3d1f-4826-b7c5-8a6f4d2e7a07",
        name: "Energy and climate",
    },
];

pub(crate) fn known_report(id: &str) -> Option<&'static KnownReport> {
    REPORTS
        .iter()
        .find(|report| report.id.eq_ignore_ascii_case(id))
}
