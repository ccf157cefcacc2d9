#!/bin/sh
# usage: start.sh PTY DB PORT WORK
set -e
. "$(dirname "$0")/config.sh"
exec "$CAGEKEEPER" --config "$4/cagekeeper.toml" run
