"""The prometheus check: what does an exporter (node_exporter, windows_exporter) say of its machine?"""

from netmon.collectors.prometheus.metrics import FACTS, METRICS
from netmon.collectors.prometheus.probe import open_questions
from netmon.collectors.prometheus.settings import PrometheusSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(name="prometheus", settings=PrometheusSettings, open=open_questions, metrics=METRICS, facts=FACTS)
