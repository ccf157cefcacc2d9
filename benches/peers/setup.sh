#!/usr/bin/env bash
# Prepares the programs to compare with, on Debian 12, and may be run again. Needs root or sudo where packages are missing.
# Everything else lands in CACHE (default /var/tmp/cagekeeper-bench). usage: setup.sh [CACHE]
set -euo pipefail
exec </dev/null
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:-${CAGEKEEPER_BENCH_DIR:-/var/tmp/cagekeeper-bench}}
mkdir -p "$cache"

sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
need=()
for p in mosquitto python3-venv build-essential; do
  dpkg -s "$p" >/dev/null 2>&1 || need+=("$p")
done
if [ ${#need[@]} -gt 0 ]; then
  $sudo apt-get update -qq || true
  # keep the packaged broker service from starting; the harness runs its own
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d > /dev/null
    $sudo chmod 755 /usr/sbin/policy-rc.d
    trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"
fi

[ -x "$cache/venv/bin/python" ] || python3 -m venv "$cache/venv"
"$cache/venv/bin/python" -c 'import serial, paho.mqtt.client' 2>/dev/null ||
  "$cache/venv/bin/pip" install -q pyserial==3.5 paho-mqtt==2.2.0

if [ ! -e "$cache/syncs.so" ] || [ "$here/syncs.c" -nt "$cache/syncs.so" ]; then
  cc -O2 -shared -fPIC -o "$cache/syncs.so" "$here/syncs.c" -ldl
fi

if [ -n "${BENCH_WITHOUT_NODE:-}" ]; then
  :
elif command -v node >/dev/null; then
  mkdir -p "$cache/nr"
  if ! cmp -s "$here/nodered/package.json" "$cache/nr/package.json" || [ ! -e "$cache/nr/node_modules/node-red/red.js" ]; then
    cp "$here/nodered/package.json" "$cache/nr/package.json"
    (cd "$cache/nr" && npm install --no-audit --no-fund --ignore-scripts)
  fi
  # the serial binding ships prebuilt in its package; the sqlite3 binding is compiled from its bundled source
  if ! (cd "$cache/nr" && node -e 'require("sqlite3")' 2>/dev/null); then
    root=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
    args=()
    [ -e "$root/include/node/node.h" ] && args=(--nodedir="$root")
    gyp=$(dirname "$(readlink -f "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js
    [ -e "$gyp" ] || gyp="$cache/nr/node_modules/node-gyp/bin/node-gyp.js"
    (cd "$cache/nr/node_modules/sqlite3" && node "$gyp" rebuild --release -j 2 "${args[@]}")
  fi
  (cd "$cache/nr" && node -e 'require("sqlite3"); require("@serialport/bindings-cpp")')
else
  echo "node is not installed: the Node-RED peer is left out" >&2
fi
echo "ready in $cache"
