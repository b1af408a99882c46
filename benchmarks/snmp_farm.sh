#!/bin/bash
# Real SNMP agents for measuring: one network namespace with 50 interfaces, one net-snmp agent per port in it.
#
#   snmp_farm.sh up | down
#
# Needs root and the packages snmpd and iproute2. An agent answers on every address of 127.0.0.0/8, so that
# each address may stand for a device. Community: public. User of version 3: bench (SHA-256, AES).
# The agents on PORTS put as much into an answer as fits, as network devices do; those on LIMITED put
# 100 values at most, as net-snmp does where nobody says otherwise.
set -euo pipefail
NS=${NS:-nmsnmp}
PORTS=${PORTS:-"1171 1172"}
LIMITED=${LIMITED:-"1173"}
DIR=${DIR:-${TMPDIR:-/tmp}/netmon-$NS}

up() {
  mkdir -p "$DIR"
  ip netns add "$NS"
  ip -n "$NS" link set lo up
  for number in $(seq 48); do
    ip -n "$NS" link add name "eth$number" type ifb
    ip -n "$NS" link set dev "eth$number" up
  done
  ip -n "$NS" link add name br0 type bridge
  ip -n "$NS" link set br0 up
  for port in $PORTS; do start_agent "$port" -1; done
  for port in $LIMITED; do start_agent "$port" 100; done
}

start_agent() {
  local port=$1 values=$2
  mkdir -p "$DIR/state.$port"
  cat >"$DIR/$port.conf" <<CONF
agentaddress udp:0.0.0.0:$port
rocommunity public default
sysName sw-$port
createUser bench SHA-256 authpass123 AES privpass123
rouser bench priv
dontLogTCPWrappersConnects yes
maxGetbulkRepeats -1
maxGetbulkResponses $values
CONF
  # an empty MIBS keeps the agent from looking for texts that Debian does not ship
  ip netns exec "$NS" env MIBS= SNMP_PERSISTENT_DIR="$DIR/state.$port" \
    snmpd -f -Lf "$DIR/$port.log" -C -c "$DIR/$port.conf" -I -systemstats_linux -p "$DIR/$port.pid" >/dev/null 2>&1 &
}

stop_agent() {
  kill "$1" || return 0
  for _ in $(seq 100); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
}

down() {
  for port in $PORTS $LIMITED; do
    if [ -f "$DIR/$port.pid" ]; then stop_agent "$(cat "$DIR/$port.pid")"; fi
  done
  ip netns del "$NS" || true
  rm -rf "$DIR"
}

case "${1:-}" in
  up | down) "$1" ;;
  *) sed -n '2,10p' "$0"; exit 2 ;;
esac
