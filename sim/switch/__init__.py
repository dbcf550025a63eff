"""A simulated telephone switch (PBX) that computers control over CSTA Phase III; README.md says how to try it.

plan.py                     what it consists of
calls.py  core.py           calls, connections and their states; devices; time
groups.py routing.py agents.py services.py hearing.py    what it does with them
events.py errors.py         what it reports, and how it refuses
speech.py                   the hook to phones, ports and the network behind it
people.py virtual.py legs.py    who is there: people who answer by themselves; the simulated world and lines; real SIP
frames.py  document.py  wording.py              bytes, XML, and the standard's words
habits.py  monitors.py  requests.py  link.py    how it speaks with a computer
mischief.py  cti.py         what goes wrong, and when; all links together
server.py  documents.py  console.py             sockets, files that describe a switch, and the command

It is written from the standard (ECMA-269, ECMA-323) and knows nothing of the appliance's own CSTA client, so that the two prove each other.
"""
