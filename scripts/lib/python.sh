# shellcheck shell=bash
# Python: which one, our wheel, and an environment with the dependencies. The checkout itself is not installed anywhere
# (several may share one environment): it is run by PYTHONPATH, and what Python and the tools keep goes to the cache.

# Sets PYTHON: $PYTHON if given, else the first of these that pyproject.toml allows.
find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 /usr/bin/python3 python3.13 python3.12 python3.11}; do
        PYTHON=$("$candidate" -c 'import sys; print(sys.executable) if (3, 11) <= sys.version_info < (3, 14) else sys.exit(1)' \
            2>/dev/null) && return 0
    done
    die "no Python from 3.11 to 3.13 found (set PYTHON)"
}

# python_packages: print what is missing in Debian's own Python, if that is the one we would take.
python_packages() {
    case $(find_python 2>/dev/null && readlink -f "$PYTHON") in
        "" | /usr/bin/*) printf '%s\n' python3-dev python3-venv ;;
    esac
}

# setup_base [PACKAGE...]: what the wheel is built with, and Python.
setup_base() {
    local python
    mapfile -t python < <(python_packages)
    setup_apt "${APT_BUILD[@]}" "${python[@]}" "$@"
    find_python
    export PYTHON
}

# setup_wheel: sets WHEEL, the file.
setup_wheel() { WHEEL=$("$CHECKOUT/scripts/wheel/build"); }

# dependencies: print what pyproject.toml wants, one per line, without our own wheel.
dependencies() {
    "$PYTHON" - "$CHECKOUT/pyproject.toml" <<'PY'
import sys
import tomllib
with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)["project"]
wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
print("\n".join(item for item in wanted if not item.startswith("pjsua2")))
PY
}

build_venv() {
    local venv=$1
    shift
    rm -rf "$venv"
    "$PYTHON" -m venv "$venv"
    "$venv/bin/python" -m pip install --no-input "$@"
    touch "$venv/complete"
}

# setup_venv: sets VENV and the variables under which the checkout runs. A venv cannot be moved, so it is built in place
# and marked when whole.
setup_venv() {
    local wanted
    mapfile -t wanted < <(dependencies)
    VENV=$CACHE/venv-$(key "$("$PYTHON" -c 'import sys; print(sys.base_prefix, sys.version)')" "${wanted[@]}" "$WHEEL")
    provide "$VENV/complete" venv "Python environment" build_venv "$VENV" "${wanted[@]}" "$WHEEL"
    export PATH="$VENV/bin:$PATH" PYTHONPATH="$CHECKOUT" PYTHONPYCACHEPREFIX="$CACHE/pycache" PYTHONDONTWRITEBYTECODE=
    export RUFF_CACHE_DIR="$CACHE/ruff" MYPY_CACHE_DIR="$CACHE/mypy" HYPOTHESIS_STORAGE_DIRECTORY="$CACHE/hypothesis"
}
