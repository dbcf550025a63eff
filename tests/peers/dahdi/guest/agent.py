"""Runs commands in the machine.

One JSON line in, `{"command": ..., "limit_s": ..., "stdin": ...}`, one out, `{"status": ..., "said": ...}`.
"""

import json
import socketserver
import subprocess
from pathlib import Path

PORT = 2222


class Commands(socketserver.StreamRequestHandler):
    """One connection, any number of commands."""

    def handle(self) -> None:
        """Run what is asked for until the connection ends."""
        for line in self.rfile:
            asked = json.loads(line)
            try:
                ran = subprocess.run(
                    ["/bin/sh", "-c", asked["command"]],
                    input=asked["stdin"].encode(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=asked["limit_s"],
                    check=False,
                )
                answer = {"status": ran.returncode, "said": ran.stdout.decode("latin-1")}
            except subprocess.TimeoutExpired as error:
                answer = {"status": 124, "said": (error.stdout or b"").decode("latin-1")}
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    """Takes many connections at a time."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("0.0.0.0", PORT), Commands) as server:
        Path("/dev/console").write_text(f"VM-READY {Path('/proc/uptime').read_text().split()[0]}\n", encoding="ascii")
        server.serve_forever()
