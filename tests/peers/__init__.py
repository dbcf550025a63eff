"""Real peers that are not ours - Asterisk, sipp, tcpdump - and what was really on the wire, for tests and benchmarks.

processes       child processes that are bounded and leave nothing behind
debian          Debian systems in folders, made once per machine
asterisk_root   a real Asterisk 22, installed once into a folder of the cache
asterisk        that Asterisk, running on an address of its own with the same centre as ours
media, pcap     speech as sipp sends it (G.711 tones and RFC 4733 digits), and files of packets
sipp            callers, agents and their phones' log-in
capture         tcpdump on the loopback interface
delays          from a capture: how long answers, prompts, offers and hand-overs took

Everything is synchronous and waits with a limit; in a trio test it belongs into `trio.to_thread.run_sync`. Traffic stays on 127.0.0.0/8.
"""
