# Sourced by every script: where the tools live and which toolchain compiles. Sets variables only.
export MY21_HOME="${MY21_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/my21staff}"
export PATH="$MY21_HOME/bin:$MY21_HOME/node/node_modules/.bin:$HOME/.cargo/bin:$PATH"
if command -v rustup >/dev/null 2>&1 && rustup toolchain list 2>/dev/null | grep -q '^my21-wasm'; then
  export RUSTUP_TOOLCHAIN=my21-wasm
fi
# Outside the clone: a fresh clone (a CI run) finds the dependencies compiled.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$MY21_HOME/target}"
# Type-erased views compile several times faster; cargo-leptos passes the same flag in its dev builds, so both share one set
# of dependencies. Release builds go through cargo-leptos --release, which does not set it.
export RUSTFLAGS="${RUSTFLAGS:---cfg erase_components}"
export SQLX_OFFLINE="${SQLX_OFFLINE:-true}"
