# shellcheck shell=bash
# What the scripts beside this folder need: `setup_code` to run the code, `setup_lab` to run it against real parts.
# The first run takes minutes and says so; every later one takes a second and is silent.

# shellcheck source=scripts/lib/cache.sh
. "${BASH_SOURCE[0]%/*}/cache.sh"
# shellcheck source=scripts/lib/apt.sh
. "${BASH_SOURCE[0]%/*}/apt.sh"
# shellcheck source=scripts/lib/python.sh
. "${BASH_SOURCE[0]%/*}/python.sh"
# shellcheck source=scripts/lib/pbx.sh
. "${BASH_SOURCE[0]%/*}/pbx.sh"

# setup_code: Python, our wheel, the dependencies; the current folder becomes the checkout.
setup_code() {
    setup_base
    setup_wheel
    setup_venv
    cd "$CHECKOUT"
}

# setup_lab: all that, and the PBX, which is fetched while the wheel compiles.
setup_lab() {
    local pbx
    ((EUID == 0)) || die "the PBX of the tests is unpacked with the owners that its packages want: run this as root"
    setup_base "${APT_LAB[@]}"
    setup_pbx &
    pbx=$!
    setup_code
    wait "$pbx"
    setup_pbx
}
