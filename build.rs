//! What the linker is told of the server.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |key: &str, value: &str| std::env::var(key).is_ok_and(|is| is == value);
    if target("CARGO_CFG_TARGET_OS", "linux") && target("CARGO_CFG_TARGET_ENV", "gnu") {
        // The 86,000 places that depend on where the program was loaded, as 31 kB instead of 2 MB: each start reads them, and they stay in memory.
        // Understood by glibc from 2.36 on, which Debian 12 has.
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
