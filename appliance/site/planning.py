"""The plan that the core works from, made of a site; each text and sound becomes the file that a function of the caller's names for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.callers.numbering import numbering_of
from appliance.core.plan import (
    AgentPlan,
    AlarmPlan,
    Announce,
    CallBack,
    CallerPlan,
    ClosedPlan,
    HoursPlan,
    Membership,
    NumberPlan,
    NumberRule,
    Overflow,
    Plan,
    Prompt,
    QueuePlan,
    Relax,
    ServiceLevel,
    Slot,
    SpeechPlan,
    StationPlan,
)
from appliance.prompts.words import Piece
from appliance.site.flow_program import parts_of, program_of
from appliance.site.gateways import arguments_of, queries_of
from appliance.site.people import Agent
from appliance.site.queues import Queue
from appliance.site.screening import screening_of
from appliance.site.short_flow import short_program
from appliance.site.spoken import announce_of, own_words_of
from appliance.site.tables import Hours, Number, Say

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["FileOf", "plan_of"]

FileOf = Callable[[Piece], str]
"""The file that a piece is played from."""


class _Speaker:
    """Turns texts into the files they are played from."""

    def __init__(self, languages: tuple[str, ...], file_of: FileOf) -> None:
        self._languages, self._file_of = languages, file_of

    def say(self, name: str, say: Say) -> Prompt:
        return {language: (self._file_of(Piece(name, language, say[language])),) for language in self._languages if language in say}

    def in_all(self, name: str, say: Say) -> Prompt:
        """Every language's text, one after the other, whatever the caller's language is."""
        files = tuple(self._file_of(Piece(name, language, say[language])) for language in self._languages if language in say)
        return dict.fromkeys(self._languages, files)

    def sound(self, name: str) -> Prompt:
        return dict.fromkeys(self._languages, (self._file_of(Piece(name)),))


def plan_of(site: "Site", file_of: FileOf, recordings_dir: str) -> Plan:
    """What the core decides with."""
    speak = _Speaker(site.centre.languages, file_of)
    words = own_words_of(site)
    own = {name: speak.say(name, say) for name, say in words.items()}
    sounds = {"beep": speak.sound("beep"), "music": speak.sound("wait-music"), "ringback": speak.sound("ringback")}
    scripts = {name: flow.python for name, flow in site.call_flows.items() if flow.python is not None}
    programs = {name: short_program(name, flow, site.centre.languages, words, file_of) for name, flow in site.flows.items()}
    programs |= {
        name: program_of(name, flow, site.centre.languages, file_of) for name, flow in site.call_flows.items() if name not in scripts
    }
    own |= {f"{name}.{word}": speak.say(f"{name}.{word}", say) for name, script in scripts.items() for word, say in script.prompts.items()}
    return Plan(
        name=site.centre.name,
        languages=site.centre.languages,
        numbers={
            name: NumberPlan(number.to, number.language, number.priority, _closed(site, number, speak))
            for name, number in site.numbers.items()
        },
        programs=programs,
        scripts={name: script.run for name, script in scripts.items()},
        gives={name: script.gives for name, script in scripts.items()},
        versions={name: script.version for name, script in scripts.items()},
        parts=parts_of(programs.values(), site.centre.languages, file_of),
        gateways={name: frozenset(queries) for name, queries in arguments_of(site).items()},
        queries=queries_of(site),
        accounts=frozenset(site.accounts),
        zone=site.centre.timezone,
        hours={name: _hours(site, hours) for name, hours in site.hours.items()},
        queues={name: _queue(site, name, queue, speak, sounds["music"]) for name, queue in site.queues.items()},
        stations={name: StationPlan(site.line_of(name), station.auto_answer) for name, station in site.stations.items()},
        agents={name: _agent(agent) for name, agent in site.agents.items()},
        callers={
            number: CallerPlan(caller.vip, caller.priority, caller.manager, caller.blocked, caller.name)
            for number, caller in site.callers.items()
        },
        numbering=numbering_of(site.centre.country),
        screening={number: screening_of(site, number) for number in site.numbers},
        directory=dict(site.directory),
        reasons=dict(site.reasons),
        prompts={**own, **sounds},
        speech=SpeechPlan(site.speech.languages, site.speech.sure, site.speech.wrong),
        alarms=AlarmPlan(site.alarms.flapping_times, site.alarms.flapping_within_s, site.alarms.settled_after_s),
        record_calls=site.recording.calls,
        recordings_dir=recordings_dir,
        message_max_s=site.recording.message_max_s,
        message_min_s=site.recording.message_min_s,
        call_back_lost=site.centre.call_back_lost,
        seed=site.centre.seed,
    )


def _closed(site: "Site", number: Number, speak: _Speaker) -> ClosedPlan:
    """What a caller meets when the number is closed by hand: as out of hours, where its flow has words for that."""
    flow = site.flows.get(number.flow)
    if flow is None:
        return ClosedPlan()
    asked = flow.language
    return ClosedPlan(
        question=speak.in_all(f"{number.flow}.language", asked.say) if asked else None,
        languages={key.key: language for key, language in asked.keys.items()} if asked else {},
        wait_s=flow.wait_s,
        said=speak.say(f"{number.flow}.closed", flow.closed.say) if flow.closed.say else None,
        then=flow.closed.then,
    )


def _hours(site: "Site", hours: Hours) -> HoursPlan:
    week: list[tuple[Slot, ...]] = [()] * 7
    for days, spans in hours.week.items():
        for day in days:
            week[day] = tuple(Slot(span.opens, span.closes) for span in spans)
    closed = frozenset() if isinstance(hours.holidays, str) else frozenset(hours.holidays)
    return HoursPlan(tuple(week), site.centre.timezone, closed)


def _queue(site: "Site", name: str, queue: Queue, speak: _Speaker, music: Prompt) -> QueuePlan:
    own_music = dict.fromkeys(site.centre.languages, (queue.music,)) if isinstance(queue.music, str) else music
    said = announce_of(queue)
    return QueuePlan(
        label=queue.label or name,
        strategy=queue.strategy,
        ring_s=queue.ring_s,
        wrap_up_s=queue.wrap_up_s,
        wrap_up_max_s=queue.wrap_up_max_s,
        service_level=ServiceLevel(queue.service_level.within_s, queue.service_level.target),
        music=own_music if queue.music else None,
        overflow=tuple(Overflow(rule.when.what, rule.to, rule.when.after_s, rule.when.limit, rule.when.hours) for rule in queue.overflow),
        needs=str(queue.needs),
        relax=tuple(Relax(stage.after_s, str(stage.needs)) for stage in queue.relax),
        ageing_s=queue.ageing_s,
        vip_credit_s=queue.vip_credit_s,
        sticky_s=queue.sticky_s,
        recall_s=queue.recall_s,
        pause_after=queue.pause_after,
        announce=Announce(said.first_s, said.every_s, said.position, said.wait) if said else None,
        call_back=CallBack(queue.call_back.attempts, queue.call_back.retry_s, queue.call_back.ring_s),
        keys={key.key: choice for key, choice in queue.keys.items()},
        number_rules=tuple(NumberRule(rule.prefix, rule.agents) for rule in queue.number_rules),
        agent_number=queue.agent_number,
        whisper=speak.say(f"{name}.whisper", queue.whisper) if queue.whisper else None,
    )


def _agent(agent: Agent) -> AgentPlan:
    places = {
        queue: place if isinstance(place, int) else Membership(place.rank, place.hours, place.weight)
        for queue, place in agent.groups.items()
    }
    return AgentPlan(agent.name, agent.station, places, dict(agent.skills), agent.level, agent.wrap_up_s, agent.dials)
