#!/bin/sh
# Tests the kernel as people see it: JupyterLab and Notebook in a headless Chromium, which plays a user. What it saw is in build/browser/*.png.
# Makes its own Python environment; test/environment.sh says what can be set, and CHROMIUM names the browser. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/../.."
tests="the tests of the notebook in a browser"
. test/environment.sh

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$CHROMIUM" ] || leave_out "There is no Chromium (Debian: apt-get install chromium); CHROMIUM names another browser of its kind."
export CHROMIUM
mkdir -p build/browser
rm -f build/browser/*.png build/browser/*.log
"$VENV/bin/python" -m pytest -q -p no:cacheprovider --rootdir=test test/browser "$@"
