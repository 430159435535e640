# shellcheck shell=bash
# Two real PBXs, Asterisk and Kamailio, from Debian forky in a root file system of their own, which the tests start without
# entering it.

PBX_PACKAGES=asterisk,asterisk-core-sounds-en-gsm,kamailio

# bootstrap FOLDER MIRROR. In a mount namespace of its own where that is allowed: /proc and /sys are mounted inside
# meanwhile, and would stay if this were killed. A half-filled folder (of the mirror before) is in the way.
bootstrap() {
    local apart=()
    ! unshare --mount true || apart=(unshare --mount)
    rm -rf --one-file-system "$1"
    "${apart[@]}" mmdebstrap --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' --components=main \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg --include="$PBX_PACKAGES" forky "$1" "$2"
}

build_pbx() {
    local root
    root=$(scratch pbx)
    on_mirror bootstrap "$root"
    mv -T "$root" "$1"
}

# Calls wait for a resolver's time-out when the machine's own name does not resolve inside.
name_machine() {
    local hosts=$1/etc/hosts
    grep -qsw -- "$HOSTNAME" "$hosts" || printf '127.0.0.1 localhost %s\n::1 localhost %s\n' "$HOSTNAME" "$HOSTNAME" >>"$hosts"
}

# setup_pbx: sets PARKDECK_PBX, the root file system. It is shared: read it, and keep configuration, sockets and spool of
# a test run elsewhere.
setup_pbx() {
    export PARKDECK_PBX
    PARKDECK_PBX=$CACHE/pbx-$(key "$PBX_PACKAGES" "$(dpkg --print-architecture)" "$(declare -f bootstrap)")
    provide "$PARKDECK_PBX" pbx "Asterisk and Kamailio" build_pbx "$PARKDECK_PBX"
    name_machine "$PARKDECK_PBX"
}
