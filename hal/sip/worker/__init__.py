"""The media worker: a process that carries calls, speech and registrations, and does what the core tells it.

    __main__   the process              link    the socket to the core        loop    one thread: PJSIP, socket, timers
    endpoint   transports and accounts  calls   legs and their branches       speech  plays and recordings
    patchbay   who is connected to whom   keys    heard and sent

PJSUA2 is loaded here and nowhere else. What each rule of this package prevents was a crash or a hang:
one thread makes all PJSIP calls; a callback only reads what is valid inside it and appends to a queue; PJSIP objects are deleted outside
callbacks, some time after their last use; the garbage collector runs on that thread only.
"""
