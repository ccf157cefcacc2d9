#!/bin/sh
# usage: seed.sh PTY DB PORT WORK CODES
set -e
. "$(dirname "$0")/config.sh"
{ echo id,name,tags; awk '{ print tolower($1) ",Asset," $1 }' "$5"; } > "$4/assets.csv"
exec "$CAGEKEEPER" --config "$4/cagekeeper.toml" import assets "$4/assets.csv" > "$4/import.log" 2>&1
