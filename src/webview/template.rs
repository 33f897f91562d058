//! Fills our own HTML pages: `{{name}}` becomes a value, and nothing a value holds is filled again.

use std::fmt::Write as _;

/// A value as it goes into the page.
pub(super) enum Fill<'a> {
    /// Words of somebody else: shown as they are, never read as HTML.
    Words(&'a str),
    /// HTML, script or style of our own.
    Own(&'a str),
}

/// Replaces every `{{name}}`; an unknown name is a bug of ours and stays visible.
pub(super) fn fill(template: &str, values: &[(&str, Fill<'_>)]) -> String {
    let mut page = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, name, after)) = next_name(rest) {
        page.push_str(before);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, Fill::Words(words))) => push_escaped(&mut page, words),
            Some((_, Fill::Own(text))) => page.push_str(text),
            None => {
                let _ = write!(page, "{{{{{name}}}}}");
            }
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

fn push_escaped(page: &mut String, words: &str) {
    for letter in words.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            other => page.push(other),
        }
    }
}

/// A fresh word that lets our own inline script and style through the page's policy.
pub(super) fn nonce() -> String {
    format!("{:032x}", fastrand::u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_read_as_html() {
        let page = fill("<p>{{a}}</p>", &[("a", Fill::Words("<b id='x'>&\"{{b}}"))]);
        assert_eq!(page, "<p>&lt;b id=&#39;x&#39;&gt;&amp;&quot;{{b}}</p>");
    }

    #[test]
    fn what_a_value_holds_is_not_filled_again() {
        let values = [("a", Fill::Own("{{b}}")), ("b", Fill::Own("secret"))];
        assert_eq!(fill("{{a}} {{b}}", &values), "{{b}} secret");
    }
}
