#!/bin/sh
# Makes the peers of `make bench-peers` under build/peers: a virtual environment with requirements.txt for ipyparallel, Dask and Ray, and the
# program for NATS. What cannot be made is said, and the rest is made all the same: the bench says then who is missing.
#
#   PYTHON  the Python to make the environment with (python3)      PEERS  where it is (build/peers)
set -u
cd "$(dirname "$0")/../../.."
PYTHON=${PYTHON:-python3} PEERS=${PEERS:-build/peers} GO=${GO:-go}
requirements=internal/bench/peers/requirements.txt

missing() {
	printf '\nMISSING: %s\n%s\n\n' "$1" "$2" >&2
}

# The environment is made again when the requirements change; until it is complete it has no stamp.
python_peers() {
	cmp -s $requirements "$PEERS/requirements.txt" && return
	who="ipyparallel, Dask and Ray will not be measured."
	command -v "$PYTHON" >/dev/null || { missing "$who" "There is no $PYTHON; install Python 3.11 or later, or set PYTHON."; return; }
	"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { missing "$who" "$("$PYTHON" --version) is too old: they need Python 3.11 or later."; return; }
	rm -rf "$PEERS"
	"$PYTHON" -m venv "$PEERS" || { rm -rf "$PEERS"; missing "$who" "$PYTHON cannot make a virtual environment (Debian: apt-get install python3-venv)."; return; }
	"$PEERS/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r $requirements ||
		{ rm -rf "$PEERS"; missing "$who" "The packages of $requirements could not be installed; see pip's message above."; return; }
	cp $requirements "$PEERS/requirements.txt"
}

python_peers
mkdir -p "$PEERS/bin"
$GO build -C internal/bench/nats -o "$(cd "$PEERS" && pwd)/bin/nats-bench" . || missing "NATS will not be measured." "Its program cannot be built; see the message above."
