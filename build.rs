//! Finds Microsoft's Power BI SDK, which is built into the host page.

use std::path::Path;

fn main() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("node_modules/powerbi-client/dist/powerbi.min.js");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", sdk.display());
    if !sdk.is_file() {
        println!(
            "cargo:error={} is missing: run `make deps` (npm ci) first",
            sdk.display()
        );
        return;
    }
    println!("cargo:rustc-env=EVERLIT_POWERBI_SDK={}", sdk.display());
}
