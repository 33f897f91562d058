//! Lists whose work is compiled into the daemon, as Debian's copyright file wants it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

/// Our own licence and the text of everybody's; the list of the parts goes between the two.
const OWN: &str = include_str!("../debian/copyright");

/// The packages are made for these.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// The whole copyright file.
pub(crate) fn copyright() -> Result<String> {
    let (head, texts) = OWN
        .split_once("\n\nLicense:")
        .context("the copyright file has no text of a licence")?;
    let mut parts = crates()?;
    parts.extend(web_packages()?);

    let mut by_licence: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for part in parts {
        by_licence
            .entry(part.licence.clone())
            .or_default()
            .push(part);
    }
    let mut list = String::new();
    for (licence, parts) in &by_licence {
        for name in names_of(licence) {
            let text = format!("\nLicense: {name}\n");
            ensure!(
                OWN.contains(&text),
                "{name}: no text in systemd/debian/copyright"
            );
        }
        write_paragraph(&mut list, licence, parts)?;
    }
    Ok(format!("{head}\n\n{list}License:{texts}"))
}

/// Something compiled into the daemon.
struct Part {
    /// Its folder among the sources.
    folder: String,
    licence: String,
    holders: Vec<String>,
}

/// Of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    authors: Vec<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    root: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// None: neither of tests nor of build scripts.
    kind: Option<String>,
}

fn crates() -> Result<Vec<Part>> {
    let metadata = metadata()?;
    let packages: BTreeMap<_, _> = metadata.packages.iter().map(|one| (&one.id, one)).collect();
    let linked = linked(&metadata.resolve, &packages);
    linked.into_iter().map(part_of).collect()
}

fn metadata() -> Result<Metadata> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version=1", "--locked"])
        .args(TARGETS.map(|target| format!("--filter-platform={target}")))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("cannot run cargo metadata")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo metadata: {complaint}");
    serde_json::from_slice(&output.stdout).context("cannot read cargo metadata")
}

/// All below the daemon that ends up in it; macros run in the compiler and stay there.
fn linked<'a>(resolve: &Resolve, packages: &BTreeMap<&String, &'a Package>) -> Vec<&'a Package> {
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let (mut seen, mut found) = (BTreeSet::from([&resolve.root]), Vec::new());
    let mut open = vec![&resolve.root];
    while let Some(node) = open.pop().and_then(|id| nodes.get(id)) {
        for dependency in &node.deps {
            let id = &dependency.pkg;
            let normal = dependency.dep_kinds.iter().any(|one| one.kind.is_none());
            let Some(package) = packages.get(id).filter(|one| normal && !is_macro(one)) else {
                continue;
            };
            if seen.insert(id) {
                found.push(*package);
                open.push(id);
            }
        }
    }
    found
}

fn is_macro(package: &Package) -> bool {
    let mut kinds = package.targets.iter().flat_map(|target| &target.kind);
    kinds.any(|kind| kind == "proc-macro")
}

fn part_of(package: &Package) -> Result<Part> {
    let Package { name, version, .. } = package;
    let licence = package.license.as_ref();
    let folder = package.manifest_path.parent().unwrap_or(Path::new("/"));
    let mut holders = holders_in(folder)?;
    if holders.is_empty() {
        holders.clone_from(&package.authors);
    }
    if holders.is_empty() {
        holders.push(format!("The {name} authors"));
    }
    Ok(Part {
        folder: format!("vendor/{name}-{version}"),
        licence: spelt_for_debian(licence.with_context(|| format!("{name} has no licence"))?),
        holders,
    })
}

/// Microsoft's SDK and what it is bundled with: all that is not only for the tests.
fn web_packages() -> Result<Vec<Part>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = fs::read_to_string(root.join("package-lock.json"))?;
    let lock: Value = serde_json::from_str(&lock).context("cannot read package-lock.json")?;
    let packages = lock["packages"]
        .as_object()
        .context("no packages in package-lock.json")?;
    let shipped = packages
        .iter()
        .filter(|(folder, package)| !folder.is_empty() && package["dev"] != true);
    shipped
        .map(|(folder, package)| {
            let holders = holders_in(&root.join(folder))?;
            let unnamed = vec![format!(
                "The authors of {}",
                folder.replace("node_modules/", "")
            )];
            let licence = package["license"].as_str();
            Ok(Part {
                folder: folder.clone(),
                licence: licence
                    .with_context(|| format!("{folder} has no licence"))?
                    .to_owned(),
                holders: if holders.is_empty() { unnamed } else { holders },
            })
        })
        .collect()
}

/// Who the licence files in a folder say holds the rights.
fn holders_in(folder: &Path) -> Result<Vec<String>> {
    let mut holders = BTreeSet::new();
    let files =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for file in files {
        let file = file?;
        let name = file.file_name().to_string_lossy().to_uppercase();
        let is_licence = ["LICEN", "COPYING", "COPYRIGHT", "NOTICE"];
        if is_licence.iter().any(|start| name.starts_with(start)) && file.path().is_file() {
            let text = fs::read(file.path())?;
            holders.extend(String::from_utf8_lossy(&text).lines().filter_map(holder));
        }
    }
    Ok(holders.into_iter().collect())
}

/// `Copyright (c) 2017 Somebody` → `2017 Somebody`; licences speak of themselves and in examples, too.
fn holder(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("Copyright ")?;
    let rest = ["(c)", "(C)", "©"]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign))
        .unwrap_or(rest)
        .trim();
    let begins = rest.starts_with(|first: char| first.is_numeric() || first.is_uppercase());
    let names_somebody = begins && rest.contains(char::is_alphabetic);
    let of_a_licence = ["[yyyy]", "{yyyy}", "License", "Free Software Foundation"];
    let quoted = of_a_licence.iter().any(|word| rest.contains(word));
    (names_somebody && !quoted).then(|| rest.to_owned())
}

/// Debian's spelling of an SPDX expression; of alternatives, one that we have chosen.
fn spelt_for_debian(licence: &str) -> String {
    let licence = licence
        .replace('/', " OR ")
        .replace("(MIT OR Apache-2.0)", "MIT");
    if !licence.contains(" AND ") {
        let alternatives: Vec<_> = licence.split(" OR ").map(str::trim).collect();
        if let Some(chosen) = ["MIT", "Apache-2.0"]
            .iter()
            .find(|one| alternatives.contains(*one))
        {
            return (*chosen).to_owned();
        }
    }
    licence
        .replace(" AND ", " and ")
        .replace(" WITH GCC-exception-2.0", " with GCC exception")
}

fn names_of(licence: &str) -> impl Iterator<Item = &str> {
    licence.split(" and ")
}

fn write_paragraph(list: &mut String, licence: &str, parts: &[Part]) -> Result<()> {
    let folders: BTreeSet<_> = parts.iter().map(|part| &part.folder).collect();
    let holders: BTreeSet<_> = parts.iter().flat_map(|part| &part.holders).collect();
    list.push_str("Files:\n");
    for folder in folders {
        writeln!(list, " {folder}/*")?;
    }
    list.push_str("Copyright:\n");
    for holder in holders {
        writeln!(list, " {holder}")?;
    }
    writeln!(list, "License: {licence}\n")?;
    Ok(())
}
