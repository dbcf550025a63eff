"""A small machine with the real DAHDI driver, E1 spans that are wired to each other, and an Asterisk at each end: cards without a card.

image    the machine's disk, built once per host from Debian's packages
machine  the machine, running under qemu for as long as a block, its ports on the loopback address
wiring   which spans there are, and what driver and Asterisks are told of them
ami      the managers of its Asterisks
wire     what happens to wires, done to those of the machine
calls    what tests do with both ends
guest/   what runs inside

What it does not show: a card's own driver, a real wire's errors, thirty conversations with speech at a time (one emulated processor).
"""
