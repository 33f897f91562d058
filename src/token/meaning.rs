//! What the services' known refusals mean, and what a technician should do about them.

/// A known refusal: its code, the reason in plain words, the remedy.
pub(super) type Meaning = (&'static str, &'static str, &'static str);

pub(super) const ENTRA: [Meaning; 21] = [
    (
        "AADSTS7000215",
        "the client secret is wrong",
        "Put the secret's value (not its ID) where powerbi.client_secret points to.",
    ),
    (
        "AADSTS7000222",
        "the client secret has expired",
        "Make a new client secret for the app in Entra, and put it where powerbi.client_secret \
         points to.",
    ),
    (
        "AADSTS700016",
        "the tenant knows no app with this client ID",
        "Check powerbi.client_id and powerbi.tenant_id; the app may have been deleted.",
    ),
    (
        "AADSTS700011",
        "the tenant knows no app with this client ID",
        "Check powerbi.client_id and powerbi.tenant_id; the app may have been deleted.",
    ),
    (
        "AADSTS70001",
        "the app is disabled",
        "Enable sign-in for the app under Enterprise applications in Entra.",
    ),
    (
        "AADSTS7000229",
        "the app has no service principal in this tenant",
        "Have an administrator grant the app consent in the tenant.",
    ),
    (
        "AADSTS7000112",
        "the app is disabled",
        "Enable sign-in for the app under Enterprise applications in Entra.",
    ),
    (
        "AADSTS90002",
        "there is no such tenant",
        "Check powerbi.tenant_id and powerbi.cloud.",
    ),
    (
        "AADSTS90038",
        "the tenant belongs to another cloud",
        "Set powerbi.cloud to the cloud of this tenant.",
    ),
    (
        "AADSTS900023",
        "the tenant ID is malformed",
        "Put the directory's ID or domain name into powerbi.tenant_id.",
    ),
    (
        "AADSTS700027",
        "Entra does not accept the certificate, or the key does not belong to it",
        "Upload the certificate of powerbi.client_certificate to the app in Entra, and check that \
         it has not expired and that powerbi.client_key is its key.",
    ),
    (
        "AADSTS700021",
        "the assertion is for another app",
        "Check powerbi.client_id.",
    ),
    (
        "AADSTS700023",
        "the assertion is for another address",
        "Check powerbi.cloud, powerbi.tenant_id and powerbi.endpoints.authority.",
    ),
    (
        "AADSTS70011",
        "the scope is not valid",
        "Check powerbi.cloud and powerbi.endpoints.scope; the scope ends in /.default.",
    ),
    (
        "AADSTS1002012",
        "the scope is not valid",
        "Check powerbi.cloud and powerbi.endpoints.scope; the scope ends in /.default.",
    ),
    (
        "AADSTS500011",
        "the tenant does not know the Power BI service",
        "Check powerbi.cloud; somebody has to sign in to Power BI once in this tenant.",
    ),
    (
        "AADSTS650052",
        "the tenant has no subscription to Power BI",
        "Have an administrator sign up for Power BI in this tenant.",
    ),
    (
        "AADSTS50034",
        "the tenant does not know this account",
        "Check powerbi.tenant_id and powerbi.client_id.",
    ),
    (
        "AADSTS50105",
        "nobody assigned the app to this service",
        "Assign it under Enterprise applications in Entra.",
    ),
    (
        "AADSTS530032",
        "a security policy of the tenant blocks the sign-in",
        "Have an administrator exempt the app, or allow this network's address.",
    ),
    (
        "AADSTS53003",
        "a Conditional Access policy blocks the sign-in",
        "Have an administrator exempt the app, or allow this network's address.",
    ),
];

/// Entra is busy or ill; it says so with a refusal's status.
pub(super) const ENTRA_IS_BUSY: [&str; 7] = [
    "AADSTS50033",
    "AADSTS90006",
    "AADSTS90012",
    "AADSTS90024",
    "AADSTS90033",
    "AADSTS90090",
    "temporarily_unavailable",
];
pub(super) const ENTRA_IS_THROTTLING: [&str; 2] = ["AADSTS90055", "AADSTS50196"];
pub(super) const ENTRA_DISLIKES_OUR_CLOCK: &str = "AADSTS700024";

/// They are about our Entra token, not about what may be seen with it.
pub(super) const POWER_BI_DISLIKES_THE_TOKEN: [&str; 2] = ["TokenExpired", "InvalidToken"];

pub(super) const POWER_BI: [Meaning; 5] = [
    (
        "PowerBINotAuthorizedException",
        "the service principal may not do this",
        "Add the app to the workspace as a member, and allow service principals to use Power BI \
         APIs in the Power BI admin portal.",
    ),
    (
        "GroupNotAccessible",
        "the service principal may not see the workspace",
        "Check workspace_id, and add the app to the workspace as a member.",
    ),
    (
        "PowerBIEntityNotFound",
        "the report is not there, or the service principal may not see it",
        "Check report_id and workspace_id; the report may have been deleted or moved.",
    ),
    (
        "PowerBINotLicensedException",
        "a Power BI licence is missing",
        "Put the workspace on a capacity, or have an administrator check the licences.",
    ),
    (
        "CapacityNotActive",
        "the workspace's capacity is paused",
        "Resume the capacity in Azure or in the Power BI admin portal.",
    ),
];

/// Words in Power BI's messages that tell more than their code.
pub(super) const POWER_BI_WORDS: [(&str, &str, &str); 5] = [
    (
        "requires effective identity",
        "the report's data has row-level security, and the settings name no identity",
        "Add [playlist.identity] with a username (and roles) to this playlist entry.",
    ),
    (
        "effective identity",
        "Power BI does not accept the identity for row-level security",
        "Check username and roles in [playlist.identity]; remove it if the data has no row-level \
         security.",
    ),
    (
        "quota",
        "the quota of embed tokens is used up",
        "Put the workspace on a capacity; without one, embed tokens are limited.",
    ),
    (
        "embed token limit",
        "the quota of embed tokens is used up",
        "Put the workspace on a capacity; without one, embed tokens are limited.",
    ),
    (
        "capacity",
        "the workspace's capacity does not serve the report",
        "Check in the Power BI admin portal that the capacity is running and not overloaded.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_is_in_its_table_once() {
        for table in [&ENTRA[..], &POWER_BI[..]] {
            for (index, (code, ..)) in table.iter().enumerate() {
                let again = table[index + 1..].iter().any(|(other, ..)| other == code);
                assert!(!again, "{code}");
            }
        }
    }
}
