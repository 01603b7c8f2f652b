#!/bin/sh
# Install one requirements file, hash-checked, into ./.venv. Does nothing when that is done already.
# The tools of `make audit` pin other versions, and have ./.venv-audit to themselves.
# Usage: deploy/install.sh requirements.txt|requirements-demo.txt|requirements-dev.txt|requirements-docs.txt|requirements-audit.txt   (PYTHON=... picks the interpreter)
set -eu
cd "$(dirname "$0")/.."
requirements=$1
case $requirements in
    requirements-audit.txt) venv=.venv-audit ;;
    *) venv=.venv ;;
esac
installed=$venv/installed-$requirements

fail() {
    echo "$*" >&2
    exit 1
}

version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

choose_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    first=${PYTHON:-python3}
    found=$(version_of "$first") || fail "Presave needs Python 3.11 or newer and cannot run '$first'. Install Python, or set PYTHON=/path/to/python3.11."
    fail "Presave needs Python 3.11 or newer; $first is $found. Set PYTHON=/path/to/python3.11."
}

make_venv() {
    python=$(choose_python) || exit 1
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
        fail "$python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv."
    "$python" -m venv --clear "$venv" ||
        fail "Could not make the virtual environment $venv in $PWD. The message above says why."
}

explain_pip_failure() {
    grep '^ERROR' "$venv/install.log" | tail -n 3 >&2 || true
    if grep -q 'DO NOT MATCH THE HASHES' "$venv/install.log"; then
        fail "A downloaded package is not the one that $requirements names by its hash. Nothing was installed."
    elif grep -q 'No space left' "$venv/install.log"; then
        fail "Could not install Presave's packages: the disk is full."
    fi
    fail "Could not download Presave's packages. Check the network and pip's settings, then run the command again. The whole log is $venv/install.log."
}

if cmp -s "$requirements" "$installed" && is_new_enough "$venv/bin/python"; then
    exit 0
fi
[ -w . ] && { [ ! -d "$venv" ] || [ -w "$venv" ]; } ||
    fail "Presave cannot write to $PWD. Clone it into a directory of your own, or change the owner of this one."
echo "Installing the packages of $requirements into $venv (a minute or so, once)"
if ! is_new_enough "$venv/bin/python" || ! "$venv/bin/python" -c 'import pip' >/dev/null 2>&1; then
    make_venv
fi
"$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes \
    -r "$requirements" >"$venv/install.log" 2>&1 || explain_pip_failure
cp "$requirements" "$installed"
# The development set contains the demo's, and that one the production set.
case $requirements in
    requirements-dev.txt) contained="requirements-demo.txt requirements.txt" ;;
    requirements-demo.txt) contained=requirements.txt ;;
    *) contained= ;;
esac
for file in $contained; do
    cp "$file" "$venv/installed-$file"
done
