//! Checks `authorized_keys`: every line has to be a public key.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What OpenSSH takes as a key that may sign in.
const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// What is wrong, with what would be right; never with a part of the text.
pub(super) fn check(text: &str) -> Result<(), Vec<String>> {
    if text.contains("PRIVATE KEY") {
        return Err(vec![
            "is a private key; delete it here, and put the public one in its place (the file whose \
             name ends with .pub)"
                .to_owned(),
        ]);
    }
    let lines = text.lines().enumerate();
    let lines = lines.map(|(index, line)| (index + 1, line.trim()));
    let mut lines = lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    if lines.peek().is_none() {
        return Err(vec![
            "holds no key; write one public key a line, such as \"ssh-ed25519 AAAA… name\""
                .to_owned(),
        ]);
    }
    let problems: Vec<_> = lines
        .filter(|(_, line)| !is_public_key(line))
        .map(|(number, _)| {
            format!("line {number} is no public key; copy it whole from a file that ends with .pub")
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Options may stand before the key, and a comment after it.
fn is_public_key(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().collect();
    let kind = words.iter().position(|word| TYPES.contains(word));
    let Some((kind, key)) = kind.and_then(|at| Some((words[at], words.get(at + 1)?))) else {
        return false;
    };
    // A key repeats its own type: its length in four bytes, then the type.
    let length = u32::try_from(kind.len()).unwrap_or(0).to_be_bytes();
    let beginning = [&length, kind.as_bytes()].concat();
    STANDARD
        .decode(key)
        .is_ok_and(|key| key.starts_with(&beginning) && key.len() > 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    #[test]
    fn public_keys_with_options_and_comments_are_good() {
        let text = format!("# office\n{KEY}\n\nno-pty,from=\"10.0.0.0/8\" {KEY} ann@office\n");
        assert_eq!(check(&text), Ok(()));
    }

    #[test]
    fn a_key_that_is_cut_off_or_of_another_type_is_named_by_its_line() {
        let other = KEY.replace("ssh-ed25519", "ssh-rsa");
        for bad in [&KEY[..40], &KEY[12..], &other, "ssh-ed25519", "hello"] {
            let problems = check(&format!("{KEY}\n{bad}\n")).unwrap_err();
            let [problem] = &problems[..] else {
                panic!("{problems:?}")
            };
            assert!(problem.starts_with("line 2 is no public key"), "{problem}");
        }
    }

    #[test]
    fn a_private_key_is_refused_and_called_that() {
        let text = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n";
        let problems = check(text).unwrap_err();
        assert!(problems[0].starts_with("is a private key"), "{problems:?}");
    }

    #[test]
    fn a_file_without_any_key_is_refused() {
        assert!(check("# none\n").unwrap_err()[0].starts_with("holds no key"));
    }
}
