"""The SNMP client: v1, v2c and v3 over UDP, asked by collectors and discovery."""
