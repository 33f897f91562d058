//! Finds Microsoft's Power BI SDK, which is built into the host page, and notes the build's date.

use std::{
    env,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

fn main() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("node_modules/powerbi-client/dist/powerbi.min.js");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", sdk.display());
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    if !sdk.is_file() {
        println!(
            "cargo:error={} is missing: run `make deps` (npm ci) first",
            sdk.display()
        );
        return;
    }
    println!("cargo:rustc-env=EVERLIT_POWERBI_SDK={}", sdk.display());
    println!("cargo:rustc-env=EVERLIT_BUILT={}", built());
}

/// A wall clock that shows an earlier time than this is wrong. In seconds since 1970.
fn built() -> u64 {
    let given = env::var("SOURCE_DATE_EPOCH").ok();
    given
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or_else(now)
}

#[expect(clippy::disallowed_methods, reason = "the build has no clock.rs")]
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}
