# shellcheck shell=bash
# Where things are kept between runs, and how they get there: one builder at a time, into a log, under a temporary name.
# Everything lives in $CACHE, nothing in the checkout. Whoever is killed half-way leaves a folder that nobody uses.

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/parkdeck
mkdir -p "$CACHE/tmp" "$CACHE/logs" "$CACHE/locks"

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# key TEXT...: a short name for what goes into something.
key() { printf '%s\n' "$@" | sha256sum | cut -c1-16; }

# provide TARGET NAME WHAT COMMAND...: when TARGET does not exist, run COMMAND, which makes it, and say how long WHAT took.
# Only one run of these scripts makes a NAME at a time; the others wait and find it made. What COMMAND prints goes into
# a log, whose end is shown when it fails.
provide() {
    local target=$1 name=$2 what=$3 log=$CACHE/logs/$2.log
    shift 3
    [[ ! -e $target ]] || return 0
    (
        flock -n 9 || {
            say "$what: another run is at it, waiting"
            flock 9
        }
        [[ ! -e $target ]] || exit 0
        trap 'tail -n 40 "$log" >&2; say "failed: $what (whole log: $log)"' EXIT
        say "$what ..."
        SECONDS=0
        "$@" >"$log" 2>&1
        trap - EXIT
        say "$what: $SECONDS s"
    ) 9>"$CACHE/locks/$name"
}

# scratch NAME: print a new, empty folder. Only inside `provide ... NAME`: what an earlier, killed builder of NAME left is
# removed first. (A mount that it left, too, is not followed.)
scratch() {
    rm -rf --one-file-system "$CACHE/tmp/$1".* || true
    mktemp -d "$CACHE/tmp/$1.XXXXXX"
}
