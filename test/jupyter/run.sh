#!/bin/sh
# Tests the kernel with the real Jupyter clients: jupyter_kernel_test with every test it has, the invariants that clients rely on,
# strangers at the ports, the sockets with libzmq, and `jupyter nbconvert --execute` on every notebook. Makes its own Python environment.
#
#   PYTHON  the Python to make it with (python3)      VENV  where it is (build/venv)
#   STRICT  1: what cannot be run is a failure        BIN   the program (bin/gocluster, built if it is not there)
#
# Arguments go to pytest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
PYTHON=${PYTHON:-python3} VENV=${VENV:-build/venv} STRICT=${STRICT:-0} BIN=${BIN:-bin/gocluster}

leave_out() {
	{
		echo
		echo "********************************************************************************"
		echo "LEFT OUT: the tests of the kernel with real Jupyter clients."
		echo "$1"
		echo "********************************************************************************"
		echo
	} >&2
	[ "$STRICT" != 1 ] || exit 1
	exit 0
}

command -v "$PYTHON" >/dev/null || leave_out "There is no $PYTHON; install Python 3.11 or later, or set PYTHON."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || leave_out "$("$PYTHON" --version) is too old: they need Python 3.11 or later."

# The environment is made again when the requirements change; until it is complete it has no stamp.
stamp=$VENV/requirements.txt
if ! cmp -s "$here/requirements.txt" "$stamp"; then
	rm -rf "$VENV"
	"$PYTHON" -m venv "$VENV" || leave_out "$PYTHON cannot make a virtual environment (Debian: apt-get install python3-venv)."
	"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" ||
		leave_out "The Python packages in test/jupyter/requirements.txt could not be installed; see pip's message above."
	cp "$here/requirements.txt" "$stamp"
fi

[ -x "$BIN" ] || go build -o "$BIN" ./cmd/gocluster
BIN=$(cd "$(dirname "$BIN")" && pwd)/$(basename "$BIN")
VENV=$(cd "$VENV" && pwd)

# Nothing is read from or written to the user's own Jupyter, profiles and history.
work=$(mktemp -d)
trap '"$BIN" stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export GOCLUSTER_DIR="$work/gocluster" GOCLUSTER_BIN="$BIN"
export JUPYTER_DATA_DIR="$work/data" JUPYTER_CONFIG_DIR="$work/config" JUPYTER_RUNTIME_DIR="$work/runtime"
unset JUPYTER_PATH GOCLUSTER_CONNECTION || true
PATH="$VENV/bin:$PATH"

GOCLUSTER_PYTHON="$VENV/bin/python" go test -count=1 -run Libzmq ./internal/zmtp
"$BIN" kernel install --prefix "$VENV"
"$VENV/bin/python" -m pytest -q -p no:cacheprovider "$here" "$@"
