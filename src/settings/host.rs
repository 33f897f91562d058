//! Matches host names against the patterns of the settings.

/// Whether `host` is meant by `pattern`: the same name, or any subdomain for `*.example.com`.
#[must_use]
pub fn host_matches(pattern: &str, host: &str) -> bool {
    let Some(domain) = pattern.strip_prefix("*.") else {
        return pattern.eq_ignore_ascii_case(host);
    };
    let Some((subdomain, rest)) = host
        .len()
        .checked_sub(domain.len())
        .and_then(|start| host.split_at_checked(start))
    else {
        return false;
    };
    // Without something before the dot it is the domain itself, which the pattern does not mean.
    subdomain.len() > 1 && subdomain.ends_with('.') && rest.eq_ignore_ascii_case(domain)
}
