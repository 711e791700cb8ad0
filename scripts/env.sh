# shellcheck shell=sh
# Sourced by every script: where the tools live and which toolchain compiles. Sets variables only.
export MY21_HOME="${MY21_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/my21staff}"
export PATH="$MY21_HOME/bin:$MY21_HOME/node/node_modules/.bin:$HOME/.cargo/bin:$PATH"
case "$(rustup toolchain list 2>/dev/null)" in *my21-wasm*) export RUSTUP_TOOLCHAIN=my21-wasm ;; esac
# Outside the clone: a fresh clone (a CI run) finds the dependencies compiled.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$MY21_HOME/target}"
# Type-erased views compile several times faster; cargo-leptos passes the same flag in its dev builds, so both share one set
# of dependencies. cargo-leptos adds the flag itself, so scripts that call it unset this one; release builds do without.
export RUSTFLAGS="${RUSTFLAGS:---cfg erase_components}"
export SQLX_OFFLINE="${SQLX_OFFLINE:-true}"
