//! What a page shows of a change before it is saved.

use everlit::settings::{DiffLine, Sign, diff};

fn drawn(old: &str, new: &str) -> String {
    let line = |line: DiffLine| match line.sign {
        Sign::Same => format!(" {}", line.text),
        Sign::Added => format!("+{}", line.text),
        Sign::Removed => format!("-{}", line.text),
        Sign::Gap => "~".to_owned(),
    };
    diff(old, new)
        .into_iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn nothing_is_shown_of_the_same_text() {
    assert_eq!(diff("a\nb\n", "a\nb\n"), []);
}

#[test]
fn changes_are_shown_with_three_lines_around_them_and_gaps_between() {
    let old: String = (1..=20).map(|number| format!("{number}\n")).collect();
    let new = old.replace("\n5\n", "\nfive\n").replace("20\n", "");
    assert_eq!(
        drawn(&old, &new),
        " 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n~\n 17\n 18\n 19\n-20"
    );
}

#[test]
fn lines_are_numbered_as_in_their_texts() {
    let lines = diff("a\nc\n", "a\nb\r\nc\n");
    let numbers: Vec<_> = lines
        .iter()
        .map(|line| (line.old, line.new, &*line.text))
        .collect();
    assert_eq!(
        numbers,
        [
            (Some(1), Some(1), "a"),
            (None, Some(2), "b"),
            (Some(2), Some(3), "c")
        ]
    );
}
