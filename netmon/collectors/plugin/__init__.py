"""The plugin check: what does a Nagios or Monitoring plug-in say of the target?"""

from netmon.collectors.plugin.performance import COUNT, SHARE, SIZE, TIME, VALUE
from netmon.collectors.plugin.probe import DURATION, open_questions
from netmon.collectors.plugin.settings import PluginSettings
from netmon.ports import CollectorKind

KIND = CollectorKind(
    name="plugin",
    settings=PluginSettings,
    open=open_questions,
    metrics={
        DURATION: "Time that the plug-in ran.",
        VALUE: "A number of the plug-in's performance data, without a unit or in one of its own.",
        TIME: "A time of the plug-in's performance data.",
        SIZE: "A size of the plug-in's performance data; its KB, MB and GB are taken for powers of 1024.",
        SHARE: "A percentage of the plug-in's performance data, as a part of 1.",
        COUNT: "A counter of the plug-in's performance data.",
    },
)
