#!/bin/sh
# Tests the kernel with the real Jupyter clients: jupyter_kernel_test with every test it has, the invariants that clients rely on,
# strangers at the ports, the sockets with libzmq, `jupyter nbconvert --execute` on every notebook, papermill and `jupyter console`.
# Makes its own Python environment; test/environment.sh says what can be set. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/../.."
tests="the tests of the kernel with real Jupyter clients"
. test/environment.sh

GOCLUSTER_PYTHON="$VENV/bin/python" go test -count=1 -run Libzmq ./internal/zmtp
"$VENV/bin/python" -m pytest -q -p no:cacheprovider --rootdir=test test/jupyter "$@"
