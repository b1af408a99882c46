"""The snmp check: what does the device say of itself, its interfaces, storage, memory and load?"""

from netmon.collectors.snmp.learn import FACTS
from netmon.collectors.snmp.metrics import METRICS
from netmon.collectors.snmp.questions import open_questions
from netmon.collectors.snmp.rollups import ROLLED
from netmon.collectors.snmp.settings import SnmpSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="snmp", settings=SnmpSettings, open=open_questions, metrics=METRICS, facts=FACTS, rolled=ROLLED
)
