# shellcheck shell=bash
# Sourced by the scripts after env.sh: what they say, and how they wait, start and stop things.

say() { printf '\033[1m▸ %s\033[0m\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Runs a command with one line of progress now and then; its output is shown only when it fails. $1 is the title. The command gets a
# process group of its own, so that an interruption ends all of it.
run_logged() {
  local title=$1 log start=$SECONDS shown=$SECONDS every=10
  shift
  mkdir -p "$MY21_HOME/log"
  log="$MY21_HOME/log/${title//[^a-zA-Z0-9]/-}.log"
  [ -t 2 ] || every=60
  say "$title"
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  set +m
  # shellcheck disable=SC2064 # the process of now
  trap "kill -TERM -- -$pid 2>/dev/null; exit 130" INT TERM HUP
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    if [ $((SECONDS - shown)) -ge $every ]; then
      shown=$SECONDS
      printf '    %4d s  %s\n' $((SECONDS - start)) "$(tail -n 1 "$log" | tr -d '\r' | cut -c1-100)" >&2
    fi
  done
  if ! wait "$pid"; then
    tail -n 60 "$log" >&2
    say "failed: $title (whole log: $log)"
    trap - INT TERM HUP
    return 1
  fi
  trap - INT TERM HUP
  printf '    done in %d s\n' $((SECONDS - start)) >&2
}

# Runs as root: directly, or through sudo where it asks no password.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    say "this needs root, and sudo would ask for a password. Run it yourself, then repeat the command:"
    printf '    sudo %s\n' "$*" >&2
    return 1
  fi
}

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Waits until GET $1 answers 200, while process $2 lives; at most $3 seconds.
wait_until_ready() {
  local url=$1 pid=$2 deadline=$((SECONDS + $3))
  until curl -fsS -o /dev/null --max-time 2 "$url" 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.1
  done
}

# Asks process $1 to stop and insists after $2 seconds.
stop_process() {
  local pid=$1 deadline=$((SECONDS + $2))
  kill -TERM "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    if [ $SECONDS -ge $deadline ]; then
      kill -KILL "$pid" 2>/dev/null || true
      break
    fi
    sleep 0.1
  done
  wait "$pid" 2>/dev/null || true
}

# Runs a command and waits for it in a way that lets a trap act at once; `stop_child` is for that trap. A shell that simply runs a
# command would look at a signal only after the command has ended.
child=
run_child() {
  local status=0
  "$@" &
  child=$!
  wait "$child" || status=$?
  child=
  return $status
}
stop_child() { [ -z "$child" ] || stop_process "$child" 60; }

# The target folder is shared by all clones, and cargo knows a workspace's own crates by name and takes what is newer than their sources. So
# a clone that compiles after another one makes its sources new: otherwise it could run what the other had compiled from other sources.
claim_target() {
  local owner="$CARGO_TARGET_DIR/.clone" me
  me="$PWD $(stat -c %i .)"
  [ "$(cat "$owner" 2>/dev/null)" = "$me" ] && return
  find Cargo.toml .sqlx src frontend vendor migrations tests benches -type f -exec touch -c {} +
  mkdir -p "$CARGO_TARGET_DIR"
  echo "$me" >"$owner"
}

# The toolchain that has clippy and rustfmt: the one that compiles where it has them, else rustup's own.
lint_toolchain() {
  local candidate
  for candidate in "$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1)" 1.95.0 stable; do
    if rustup run "$candidate" cargo-clippy --version >/dev/null 2>&1 && rustup run "$candidate" rustfmt --version >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  say "no toolchain with clippy and rustfmt: rustup component add clippy rustfmt"
  return 1
}
