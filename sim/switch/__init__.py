"""A simulated telephone switch (PBX) that computers control over CSTA Phase III; with people, phones and trunks behind it.

plan.py                     what it consists of
calls.py  core.py           calls, connections and their states; devices; time
groups.py routing.py agents.py services.py      what it does with them
events.py errors.py         what it reports, and how it refuses
speech.py                   the hook to phones, ports and the network behind it

It is written from the standard (ECMA-269, ECMA-323) and knows nothing of the appliance's own CSTA client, so that the two prove each other.
"""
