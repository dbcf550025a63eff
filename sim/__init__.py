"""The simulated world: callers, agents' habits and faults of a scenario, in virtual time or against a running appliance.

scenario.py  arrivals.py  habits.py  rosters.py     what shall happen: a file
draws.py  coming.py  crowd.py  conduct.py  calendar.py  streams.py  distributions.py     and everything chance decides in it, by purpose
trace.py  recorded.py  fit/   recorded calls: lived anew, written from a centre's own records, and fitted
world.py  callers.py  called_back.py  agents.py  trunks.py     the people, who know nothing but telephones (phones.py)
desks.py                  agents' seats, and those who write to them
virtual.py  live.py       their telephones: simulated lines around the very core of the appliance, or real SIP
clock.py                  trio's clock and SimPy's, made one
switch/                   a telephone switch that is controlled over CSTA, to stand in for a PBX
figures.py  report.py     what came of it, and the verdict
"""
