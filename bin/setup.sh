# shellcheck shell=bash
# Sets the application up in its own folder. Sourced by bin/demo and bin/test; it is not run by itself.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONDONTWRITEBYTECODE # each process would compile everything anew: half of the time a test run needs to begin

say() { printf '%s\n' "$*"; }
stop() {
    printf '%s\n' "$*" >&2
    exit 1
}
is_root() { [ "$(id -u)" -eq 0 ]; }

# What WeasyPrint loads; everything else it needs comes from pip.
LIBRARIES=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)

apt_install() {
    command -v apt-get >/dev/null || stop "Install these packages with your system's package manager and start again: $*"
    say "Installing Debian packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update || say "apt-get update had faults. Going on with the packages that it knows."
    apt-get -qq install -y --no-install-recommends "$@" >/dev/null ||
        stop "apt-get could not install: $*. See the lines above, then start again."
}

# Sets PYTHON to an interpreter that can make a virtual environment.
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            PYTHON=$candidate
            return 0
        fi
    done
    return 1
}

need_python() {
    find_python && return
    is_root || stop "Python 3.11 or newer with venv is missing. Ask an administrator to run: apt-get install python3 python3-venv"
    apt_install ca-certificates python3 python3-venv
    find_python || stop "This system has no Python 3.11 or newer. Install one, then start again with PYTHON=/path/to/python3."
}

# Usage: install_packages runtime|dev. Skipped when the requirement files have not changed since.
install_packages() {
    local file=requirements.txt stamp=.venv/installed-$1 wanted
    [ "$1" = dev ] && file=requirements-dev.txt
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        say "Making the Python environment in .venv"
        "$PYTHON" -m venv --clear .venv
    fi
    wanted=$(cat requirements.txt "$file" requirements.lock | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    say "Installing Python packages from $file (a minute the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$file" -c requirements.lock ||
        stop "pip could not install $file. See the lines above; mostly the network or a proxy is the cause. Then start again."
    printf '%s\n' "$wanted" >"$stamp"
}

# Without libharfbuzz-subset WeasyPrint prints as well, but never the same bytes twice.
can_make_pdf() {
    .venv/bin/python -c 'import sys, weasyprint.text.ffi as ffi; sys.exit(ffi.harfbuzz_subset is None)' >/dev/null 2>&1
}

# Unpacks the libraries below .venv/native, where bin/native_libraries.py loads them from: needs no rights on the system.
unpack_libraries() {
    local native=$PWD/.venv/native packages site
    local apt=(apt-get -qq -o "Dir::State::Lists=$native/lists" -o "Dir::Cache=$native/cache" -o Debug::NoLocking=1)
    say "Fetching the libraries for PDFs into .venv/native: ${LIBRARIES[*]}"
    rm -rf "$native"
    mkdir -p "$native/lists/partial" "$native/cache/archives/partial" "$native/packages"
    "${apt[@]}" update || return 1
    packages=$("${apt[@]}" --simulate install --no-install-recommends "${LIBRARIES[@]}" | awk '$1 == "Inst" && $2 !~ /^libc6/ { print $2 }')
    [ -n "$packages" ] || return 1
    # shellcheck disable=SC2086  # one word for each package
    (cd "$native/packages" && "${apt[@]}" download $packages) || return 1
    find "$native/packages" -name '*.deb' -exec dpkg-deb -x {} "$native" \;
    rm -rf "$native/lists" "$native/cache" "$native/packages"
    site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    cp bin/native_libraries.py "$site/native_libraries.py"
    echo 'import native_libraries' >"$site/native_libraries.pth"
}

need_libraries() {
    can_make_pdf && return
    if is_root; then
        apt_install "${LIBRARIES[@]}"
    elif command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
        unpack_libraries || say "The libraries could not be fetched."
    fi
    can_make_pdf || stop "PDFs cannot be made yet. Ask an administrator to run: apt-get install ${LIBRARIES[*]}"
}

need_secret_key() {
    mkdir -p var
    [ -n "${SECRET_KEY:-}" ] || [ -s var/secret-key ] && return
    (umask 077 && .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))' >var/secret-key)
}

# Usage: set_up runtime|dev
set_up() {
    need_python
    install_packages "$1"
    need_libraries
    need_secret_key
}
