//! Reads where tokens come from: `[powerbi]` or `[token_service]`.

use super::{
    Credential, Endpoints, ServicePrincipal, Source, TokenService,
    address::{https_url, some_hosts, tenant},
    check::{one_of, scope, secret_ref, uuid},
    cloud::{self, CLOUDS, Cloud},
    table::Table,
};

/// The source; `None` when the file has none or a bad one.
pub(super) fn source(root: &mut Table<'_>) -> Option<Source> {
    let is_doubled = root.has("powerbi") && root.has("token_service");
    let principal = root.optional_section("powerbi", service_principal);
    let service = root.optional_section("token_service", |table| {
        if is_doubled {
            table.wrong("stands beside [powerbi]", "keep one source of tokens");
        }
        token_service(table)
    });
    principal
        .map(Source::ServicePrincipal)
        .or(service.map(Source::TokenService))
}

fn service_principal(powerbi: &mut Table<'_>) -> Option<ServicePrincipal> {
    let tenant_id = powerbi.need(
        "tenant_id",
        "add the directory's UUID or domain name",
        tenant,
    );
    let client_id = powerbi.need("client_id", "add the application's UUID", uuid);
    let credential = credential(powerbi);
    let cloud = powerbi
        .take("cloud", one_of(CLOUDS))
        .unwrap_or(cloud::PUBLIC);
    let endpoints = powerbi.section("endpoints", |table| endpoints(table, cloud));
    Some(ServicePrincipal {
        tenant_id: tenant_id?,
        client_id: client_id?,
        credential: credential?,
        endpoints,
    })
}

fn credential(powerbi: &mut Table<'_>) -> Option<Credential> {
    let secret = powerbi.value("client_secret");
    let certificate = powerbi.value("client_certificate");
    let key = powerbi.value("client_key");
    if let (Some(_), Some(extra)) = (&secret, certificate.as_ref().or(key.as_ref())) {
        let remedy = "keep either client_secret, or client_certificate and client_key";
        extra.misplaced("stands beside client_secret", remedy);
    }
    match (&secret, &certificate, &key) {
        (None, None, None) => {
            let why = "add where the secret is kept, or client_certificate and client_key";
            powerbi.miss("client_secret", why);
        }
        (None, Some(_), None) => {
            powerbi.miss("client_key", "add where the certificate's key is kept")
        }
        (None, None, Some(_)) => powerbi.miss(
            "client_certificate",
            "add where the key's certificate is kept",
        ),
        (Some(_), _, _) | (None, Some(_), Some(_)) => {}
    }
    let certificate = certificate.as_ref().and_then(secret_ref);
    let key = key.as_ref().and_then(secret_ref);
    match secret {
        Some(secret) => secret_ref(&secret).map(Credential::ClientSecret),
        None => Some(Credential::Certificate {
            certificate: certificate?,
            key: key?,
        }),
    }
}

fn endpoints(table: &mut Table<'_>, cloud: Cloud) -> Endpoints {
    let usual = cloud.endpoints();
    Endpoints {
        authority: table
            .take("authority", https_url)
            .unwrap_or(usual.authority),
        scope: table.take("scope", scope).unwrap_or(usual.scope),
        api: table.take("api", https_url).unwrap_or(usual.api),
        embed_hosts: table
            .take("embed_hosts", some_hosts)
            .unwrap_or(usual.embed_hosts),
    }
}

fn token_service(table: &mut Table<'_>) -> Option<TokenService> {
    let url = table.need(
        "url",
        "add the address that answers with a token",
        https_url,
    );
    let bearer = table.take("bearer", secret_ref);
    let embed_hosts = table.take("embed_hosts", some_hosts);
    Some(TokenService {
        url: url?,
        bearer,
        embed_hosts: embed_hosts.unwrap_or_else(|| cloud::PUBLIC.embed_hosts()),
    })
}
