# shellcheck shell=bash
# What systemd itself says about a folder of units. It need not run, and nothing is installed anywhere.

EXPOSURE=25 # tenths; 2.5 of 10, as `systemd-analyze security` counts

# with_stand_in UNIT: print it with a program that every machine has in the place of ours (the folder where ours will be is no
# business of a check), and with failures that are forgiven at run time made visible: systemd-analyze passes over those.
with_stand_in() { sed -E 's,^(Exec[A-Za-z]+=)-,\1,; s,^(Exec[A-Za-z]+=)parkdeck ,\1/bin/true ,' "$1"; }

# verify_units FOLDER: fail when a unit has a directive, a value or a program that systemd does not know, when a service may
# do more than EXPOSURE allows, or when the users cannot be made. Says what is wrong.
verify_units() {
    local folder=$1 unit copy good=0
    copy=$(mktemp -d)
    for unit in "$folder"/*.service; do
        with_stand_in "$unit" >"$copy/${unit##*/}"
        systemd-analyze verify --man=no --recursive-errors=no "$copy/${unit##*/}" >&2 || good=1
        systemd-analyze security --offline=true --no-pager --threshold="$EXPOSURE" "$unit" >"$copy/security" || {
            grep -F -e ✗ -e → "$copy/security" >&2
            good=1
        }
    done
    systemd-sysusers --dry-run "$(realpath "$folder/sysusers.d/parkdeck.conf")" >"$copy/users" 2>&1 || {
        cat "$copy/users" >&2
        good=1
    }
    rm -r "$copy"
    return "$good"
}
