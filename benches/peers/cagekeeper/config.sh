# Writes the configuration: one desk without badges, one line scanner. PTY DB PORT WORK; BENCH_MQTT and BENCH_EXTRA change it.
[ -n "$BENCH_MQTT" ] || BENCH_MQTT="url = \"mqtt://127.0.0.1:$3\""
cat > "$4/cagekeeper.toml" <<T
site = "bench"
timezone = "UTC"
[ledger]
path = "$2"
[control]
path = "$4/control.sock"
[mqtt]
$BENCH_MQTT
[clock]
trusted = true
$BENCH_EXTRA
[[station]]
id = "cage"
person = "optional"
repeat_ms = 0
[[reader]]
id = "gun"
station = "cage"
source = "serial"
path = "$1"
protocol = "line"
baud = 115200
T
