# What the tests with Python share; read by test/*/run.sh, which say what they test and set `tests`, how a message names them.
#
#   PYTHON  the Python to make the environment with (python3)      VENV  where it is (build/venv)
#   STRICT  1: what cannot be run is a failure                     BIN   the program (bin/gocluster, built if it is not there)
#
# Afterwards there are the environment with the kernel in it, first in the PATH, and a folder of its own for everything that Jupyter and gocluster
# keep: nothing is read from or written to the user's own. It is in $work, and removed at the end.
PYTHON=${PYTHON:-python3} VENV=${VENV:-build/venv} STRICT=${STRICT:-0} BIN=${BIN:-bin/gocluster}

leave_out() {
	{
		echo
		echo "********************************************************************************"
		echo "LEFT OUT: $tests."
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
if ! cmp -s test/jupyter/requirements.txt "$stamp"; then
	rm -rf "$VENV"
	"$PYTHON" -m venv "$VENV" || leave_out "$PYTHON cannot make a virtual environment (Debian: apt-get install python3-venv)."
	"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r test/jupyter/requirements.txt ||
		leave_out "The Python packages in test/jupyter/requirements.txt could not be installed; see pip's message above."
	cp test/jupyter/requirements.txt "$stamp"
fi

[ -x "$BIN" ] || go build -o "$BIN" ./cmd/gocluster
BIN=$(cd "$(dirname "$BIN")" && pwd)/$(basename "$BIN")
VENV=$(cd "$VENV" && pwd)

work=$(mktemp -d)
trap '"$BIN" stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export GOCLUSTER_DIR="$work/gocluster" GOCLUSTER_BIN="$BIN"
export JUPYTER_DATA_DIR="$work/data" JUPYTER_CONFIG_DIR="$work/config" JUPYTER_RUNTIME_DIR="$work/runtime" JUPYTERLAB_WORKSPACES_DIR="$work/workspaces"
export IPYTHONDIR="$work/ipython"
unset JUPYTER_PATH GOCLUSTER_CONNECTION || true
PATH="$VENV/bin:$PATH"
"$BIN" kernel install --prefix "$VENV" --papermill
