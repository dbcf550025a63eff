"""Understands words that callers say: a process of its own beside each media worker, at lower priority than speech itself.

    sound, 8 kHz ─▶ voice: is this speech, and when does it end ─▶ words: which of the words was it, and how sure is that

It reads the sound of each leg that is listened to out of a file that has no name any more, which the worker's bridge writes (see
`hal.sip.worker.listening`), and says over a socket what it has heard. Needs the packages of the extra `speech`; nothing else imports them.
"""
