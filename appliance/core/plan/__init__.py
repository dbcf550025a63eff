"""The plan of a centre: what the core is told once, and again whenever it changes.

Plain values, no file format: `appliance.site` fills them from `site.toml` and is the place that knows files, lines and languages' text.
Durations are seconds. Names refer to each other by string; `Plan.problems` says what does not fit, so that a wrong plan is refused whole.
"""

from appliance.core.plan.alarms import AlarmPlan
from appliance.core.plan.centre import Plan
from appliance.core.plan.hours import HoursPlan, Slot
from appliance.core.plan.people import LEVELS, AgentPlan, CallerPlan, Membership, StationPlan
from appliance.core.plan.queues import Announce, CallBack, NumberRule, Overflow, QueuePlan, Relax, ServiceLevel
from appliance.core.plan.screening import NumberingPlan, ScreeningPlan, Treatment
from appliance.core.plan.service import Choice, ClosedPlan, NumberPlan, Prompt, QueryPlan
from appliance.core.plan.speech import SpeechPlan

__all__ = [
    "LEVELS",
    "AgentPlan",
    "AlarmPlan",
    "Announce",
    "CallBack",
    "CallerPlan",
    "Choice",
    "ClosedPlan",
    "HoursPlan",
    "Membership",
    "NumberPlan",
    "NumberRule",
    "NumberingPlan",
    "Overflow",
    "Plan",
    "Prompt",
    "QueryPlan",
    "QueuePlan",
    "Relax",
    "ScreeningPlan",
    "ServiceLevel",
    "Slot",
    "SpeechPlan",
    "StationPlan",
    "Treatment",
]
