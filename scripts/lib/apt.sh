# shellcheck shell=bash
# Debian packages, and the machine's own mirror. No host name stands here: whatever apt is configured with is used.

# To build the wheel, the sound module and the journal's, to run them, and to check shell scripts and units.
APT_BUILD=(
    build-essential swig pkg-config libssl-dev libasound2-dev libopus-dev libsrtp2-dev libspeex-dev libspeexdsp-dev
    libgsm1-dev uuid-dev portaudio19-dev libsystemd-dev debian-archive-keyring shellcheck systemd
)
# To have a PBX, phones, certificates, a loudspeaker and a voice.
APT_LAB=(mmdebstrap iproute2 sip-tester espeak-ng pulseaudio pulseaudio-utils libasound2-plugins libfaketime
    e2fsprogs openssl)

# apt_missing PACKAGE...: print those that are not installed.
apt_missing() {
    comm -23 <(printf '%s\n' "$@" | sort -u) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=600 update
    apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@"
}

# setup_apt PACKAGE...: have them installed; the index is refreshed only when something is missing.
setup_apt() {
    local missing
    command -v dpkg-query >/dev/null || die "these scripts need Debian 12 or 13"
    mapfile -t missing < <(apt_missing "$@")
    ((${#missing[@]})) || return 0
    ((EUID == 0)) ||
        die "packages are missing. Run: sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
    provide "" apt "Debian packages (${missing[*]})" apt_install "${missing[@]}"
}

# debian_mirrors: print the addresses from which apt takes this release of Debian (and perhaps other things that carry
# the release's name, a Pi's second archive for one).
debian_mirrors() {
    local release
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    apt-get --print-uris update | sed -nE "s,^'(.*)/dists/($release|oldstable|stable|testing)/InRelease'.*,\1,p"
}

# on_mirror COMMAND...: run COMMAND with a mirror appended, with the next one if that fails.
on_mirror() {
    local mirrors mirror
    mapfile -t mirrors < <(debian_mirrors)
    for mirror in "${mirrors[@]}"; do
        ! "$@" "$mirror" || return 0
    done
    die "none of apt's mirrors of this release (${mirrors[*]}) gave us Debian forky"
}

update_sources() {
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $2 forky main" >"$1/sources.list"
    apt-get "${APT_PRIVATE[@]}" --error-on=any update
}

# private_apt FOLDER: have an apt of our own in FOLDER that knows the sources of Debian forky and nothing else, verified
# with Debian's archive keys. Sets APT_PRIVATE, the options to call apt-get with.
private_apt() {
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
    APT_PRIVATE=(
        -o "Dir::Etc::sourcelist=$1/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$1/lists"
        -o "Dir::Cache=$1/cache" -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root
    )
    on_mirror update_sources "$1"
}
