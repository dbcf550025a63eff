"""Ways to spoil an engine's memory, one for each invariant: what the monitor of ACD-10 has to see and mend."""

from collections.abc import Callable

from appliance.core.agents.agent import BUSY, AgentState
from appliance.core.contact import Contact, ContactState
from appliance.core.engine import Engine
from appliance.core.talks.conversation import Party

__all__ = ["FAULTS", "Fault", "contacts", "talks"]

Fault = Callable[[Engine], bool]
"""Spoils the engine's memory in one way; False: there is nothing now that could be spoilt so."""
FAULTS: dict[str, Fault] = {}


def fault(spoil: Fault) -> Fault:
    FAULTS[spoil.__name__] = spoil
    return spoil


def contacts(engine: Engine, *states: ContactState) -> list[Contact]:
    return [contact for contact in engine.state.contacts.values() if contact.state in states]


def talks(engine: Engine) -> list[Contact]:
    return [contact for contact in contacts(engine, ContactState.CONNECTED, ContactState.OUTSIDE) if contact.parties]


@fault
def an_agent_is_busy_with_nothing(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.state in BUSY:
            agent.contact = "nowhere"
            return True
    return False


@fault
def a_contact_waits_nowhere(engine: Engine) -> bool:
    for contact in [contact for contact in contacts(engine, ContactState.QUEUED) if contact.lane is not None]:
        engine.state.queues[contact.queue].remove(contact)
        return True
    return False


@fault
def a_contact_waits_nowhere_and_is_thought_to_wait(engine: Engine) -> bool:
    for contact in [contact for contact in contacts(engine, ContactState.QUEUED) if contact.lane is not None]:
        lane = contact.lane
        engine.state.queues[contact.queue].remove(contact)
        contact.lane = lane
        return True
    return False


@fault
def a_contact_waits_in_two_queues(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.QUEUED, ContactState.CONNECTED):
        lane, relaxed = contact.lane, contact.relaxed
        other = next(queue for name, queue in engine.state.queues.items() if name != contact.queue)
        contact.relaxed = 0
        other.add(contact)
        contact.lane, contact.relaxed = lane, relaxed
        return True
    return False


@fault
def a_lane_is_out_of_order(engine: Engine) -> bool:
    for queue in engine.state.queues.values():
        for lane in queue.lanes.values():
            if len(lane.waiting) > 1:
                lane.waiting.reverse()
                return True
    return False


@fault
def an_offer_is_forgotten(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.OFFERED):
        contact.offers.clear()
        return True
    return False


@fault
def an_offer_is_made_to_somebody_else(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.OFFERED):
        contact.offers = dict.fromkeys(contact.offers, "1009")
        return True
    return False


@fault
def a_contact_is_forgotten(engine: Engine) -> bool:
    for id_, contact in engine.state.contacts.items():
        if contact.leg or contact.parties:
            if contact.script is not None:
                contact.script.close()
            for timer in (*contact.timers, contact.wait_timer, *(party.timer for party in contact.parties.values())):
                if timer is not None:
                    timer.cancel()
            del engine.state.contacts[id_]
            return True
    return False


@fault
def a_contact_has_ended_and_is_still_here(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.SELF_SERVICE, ContactState.CONNECTED):
        if contact.wait_timer is None and not contact.timers:
            contact.state = ContactState.ENDED
            return True
    return False


@fault
def a_customers_leg_is_another(engine: Engine) -> bool:
    for contact in engine.state.contacts.values():
        if contact.leg:
            contact.leg = "nobody"
            return True
    return False


@fault
def figures_of_a_queue_are_wrong(engine: Engine) -> bool:
    queue = next(iter(engine.state.queues.values()))
    queue.counted += 1
    queue.logged_in += 2
    queue.serving -= 1
    return True


@fault
def figures_of_who_is_within_reach_are_wrong(engine: Engine) -> bool:
    queue = next(iter(engine.state.queues.values()))
    queue.reached += 1
    queue.answering -= 1
    return True


@fault
def a_phone_within_reach_counts_as_out_of_it(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.station:
            agent.beyond_reach = True
            return True
    return False


@fault
def who_stands_first_is_forgotten(engine: Engine) -> bool:
    for queue in engine.state.queues.values():
        for line in queue.standing.values():
            if line:
                del line[0]
                return True
    return False


@fault
def those_who_are_free_are_sorted_wrong(engine: Engine) -> bool:
    for queue in engine.state.queues.values():
        for order in queue.orders.values():
            order.fit.append((99.0, 0.0, 0.0, 0.0, 0.0))
            return True
    return False


@fault
def a_queue_rings_for_who_is_gone(engine: Engine) -> bool:
    next(iter(engine.state.queues.values())).ringing.append("0009-000009")
    return True


@fault
def the_free_are_forgotten(engine: Engine) -> bool:
    for queue in engine.state.queues.values():
        if queue.idle:
            queue.idle.clear()
            return True
    return False


@fault
def a_free_agent_does_not_count_as_free(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.entries:
            for name, entry in agent.entries.items():
                engine.state.queues[name].remove_idle(entry)
            agent.entries.clear()
            return True
    return False


@fault
def who_is_not_free_counts_as_free(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if not agent.entries and agent.station:
            for rank, name in agent.ranks:
                entry = agent.entries[name] = (rank, 0.0, 0.0, engine.state.next_number(), agent.index)
                engine.state.queues[name].add_idle(entry)
            return True
    return False


@fault
def a_party_is_forgotten(engine: Engine) -> bool:
    for contact in talks(engine):
        del contact.parties[next(reversed(contact.parties))]
        return True
    return False


@fault
def a_party_has_no_leg(engine: Engine) -> bool:
    for contact in talks(engine):
        contact.parties["ghost"] = Party("ghost", "outside")
        return True
    return False


@fault
def a_party_is_in_a_room_that_nobody_has_opened(engine: Engine) -> bool:
    for contact in talks(engine):
        next(iter(contact.parties.values())).room = 7
        return True
    return False


@fault
def a_party_rings_without_an_end(engine: Engine) -> bool:
    for contact in talks(engine):
        for party in contact.parties.values():
            if party.timer is not None:
                party.timer.cancel()
                party.timer = None
                return True
    return False


@fault
def a_supervisor_watches_nobody(engine: Engine) -> bool:
    for contact in talks(engine):
        for party in contact.parties.values():
            if party.role == "supervisor":
                party.watches = "nobody"
                return True
    return False


@fault
def who_waits_is_in_a_conversation(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.QUEUED):
        if contact.leg:
            contact.parties[contact.leg] = Party(contact.leg, "customer")
            return True
    return False


@fault
def the_line_was_told_another_mix(engine: Engine) -> bool:
    for contact in talks(engine):
        contact.heard = dict.fromkeys(contact.parties, ("x",))
        return True
    return False


@fault
def a_leg_is_busy_at_a_station_that_is_gone(engine: Engine) -> bool:
    next(iter(engine.state.stations.values())).legs.append("ghost")
    return True


@fault
def a_station_is_free_while_its_phone_talks(engine: Engine) -> bool:
    for station in engine.state.stations.values():
        if station.legs:
            station.legs.clear()
            return True
    return False


@fault
def a_phone_does_not_know_its_agent(engine: Engine) -> bool:
    for station in engine.state.stations.values():
        if station.agent:
            station.agent = ""
            return True
    return False


@fault
def an_agent_does_not_know_his_phone(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.station and agent.state is AgentState.NOT_READY:
            agent.station = ""
            return True
    return False


@fault
def wrap_up_has_no_end(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.state is AgentState.WRAP_UP and agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None
            return True
    return False


@fault
def an_offer_has_no_end(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.state in (AgentState.OFFERED, AgentState.RINGING) and agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None
            return True
    return False


@fault
def seconds_of_an_agents_day_are_lost(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.station:
            agent.seconds[AgentState.READY] = agent.seconds.get(AgentState.READY, 0.0) - 5.0
            return True
    return False
