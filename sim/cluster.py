"""Many runs on the machines of a Dask cluster: the same results as on this machine's cores (`sim.parallel`), seed for seed.

Dask brings scheduler, workers, and the way of each run to one of them; a run whose worker is lost is made again by another. This module
says what is to be run, how far it is, and what is wrong: each run looks first whether its worker has the very same program, for another one
gives other results. Shares of a run are not told, only whole runs. Decision 0024 says why Dask, and what its open ports mean.
"""

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from pathlib import Path
from platform import python_version_tuple
from socket import create_connection, gethostname
from threading import Lock
from time import monotonic  # noqa: TID251 - bounds the wait for a worker; no result depends on it
from typing import TYPE_CHECKING, Any, TypeVar

from hal.api import HalError
from sim.parallel import Job, Progress, Runner

if TYPE_CHECKING:
    from distributed import Client, Future, Security

__all__ = ["cluster", "program"]

T = TypeVar("T")

_ANSWERS_WITHIN_S = 20.0
_WITHOUT_WORKERS_S = 60.0
"""So long may all workers be away before the runs are given up."""
_LOOKS_EVERY_S = 1.0
_AHEAD = 2
"""So many runs are sent for each worker: one that it makes, and one that waits beside it."""
_ROOT = Path(__file__).parents[1]
_PACKAGES = ("attrs", "cattrs", "numpy", "phonenumbers", "scipy", "simpy", "trio")
"""Others' code that runs depend on."""
_ONE_AT_A_TIME = Lock()
"""A run has its process to itself, however many threads a worker was given: the log and the garbage collector belong to it."""
_INSTALL = "install it here and on every machine of the cluster: .venv/bin/pip install -c constraints.txt -e '.[cluster]'"

_START = ".venv/bin/dask scheduler --host 127.0.0.1, and .venv/bin/dask worker 127.0.0.1:8786 --nthreads 1 --nworkers -1"
_SAME = "scheduler, workers and whoever asks need the same checkout of hotline, and the same constraints.txt"


@contextmanager
def cluster(address: str) -> Iterator[Runner]:
    """A runner on the workers of the scheduler at `address` (HOST:PORT or tls://HOST:PORT).

    Raises:
        HalError: Dask is not installed, the address is not safe, nobody answers there, there are no workers or they run another program.

    """
    address, encrypted = _safe(address)
    try:
        from distributed import Client, Security
    except ImportError:
        raise HalError(f"--cluster needs Dask, which is not installed; {_INSTALL}") from None
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)  # what is lost and found again is told by what comes of it
    try:
        with _connected(Client, _keys(Security) if encrypted else None, address) as client:
            yield _Runs(client, address).run_all
    finally:
        log.setLevel(before)


def _safe(address: str) -> tuple[str, bool]:
    """The address as Dask writes it, and whether what goes there is encrypted."""
    scheme, _, place = address.rpartition("://")
    host, _, port = place.rpartition(":")
    if scheme not in ("", "tcp", "tls") or not host or not port.isdigit():
        raise HalError(f"'{address}' is no address of a scheduler, as 127.0.0.1:8786 or tls://sim.example.org:8786")
    if scheme == "tls":
        return address, True
    try:
        here = host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        here = False
    if not here:
        raise HalError(
            f"{host} is another machine, and who reaches a scheduler without TLS can run anything on all of its workers: "
            f"give the cluster certificates, and --cluster tls://{place} (sim/asking/README.md)"
        )
    return f"tcp://{place}", False


def _keys(security: "type[Security]") -> "Security":
    """Certificates as Dask's own configuration names them."""
    found = security(require_encryption=True)
    missing = [name for name in ("ca_file", "client_cert", "client_key") if getattr(found, f"tls_{name}") is None]
    if missing:
        settings = ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
        raise HalError(
            "a cluster with TLS needs certificates: set " + ", ".join(f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in settings)
        )
    return found


@contextmanager
def _connected(client: "type[Client]", security: "Security | None", address: str) -> "Iterator[Client]":
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        create_connection((host.strip("[]"), int(port)), _ANSWERS_WITHIN_S).close()  # a client that finds nobody leaves its thread behind
        connected = client(address, security=security, timeout=_ANSWERS_WITHIN_S)
    except (OSError, TimeoutError) as error:
        raise HalError(f"no scheduler answers at {address}: start it first ({_START}), or ask for tls:// if it has certificates") from error
    except (RuntimeError, ValueError) as error:
        raise HalError(f"the scheduler at {address} cannot be used: {error}") from error
    try:
        yield connected
    finally:
        connected.close()


class _Runs:
    """One client's runs."""

    def __init__(self, client: "Client", address: str) -> None:
        self._client, self._address = client, address

    def run_all(
        self,
        jobs: Sequence[Job[T]],
        progress: Progress = lambda _done: None,
        enough: Callable[[Sequence[T]], bool] = lambda _results: False,
        /,
    ) -> list[T]:
        """See `sim.parallel.run_all`."""
        going: dict[int, Future[T]] = {}
        results: list[T] = []
        sent = 0
        alone_since: float | None = None
        try:
            while len(results) < len(jobs) and not enough(results):
                workers = self._workers()
                alone_since = None if workers else alone_since or monotonic()
                if alone_since is not None and monotonic() - alone_since > _WITHOUT_WORKERS_S:
                    raise HalError(f"the scheduler at {self._address} has no worker: start some ({_START})")
                waiting = sum(not future.done() for future in going.values())
                while sent < len(jobs) and waiting < _AHEAD * max(workers, 1):
                    going[sent] = self._client.submit(_work, program(), pickle.dumps(jobs[sent]), pure=False)
                    sent, waiting = sent + 1, waiting + 1
                self._wait(list(going.values()))
                progress(min((len(results) + sum(future.done() for future in going.values())) / len(jobs), 0.999))
                while (future := going.get(len(results))) is not None and future.done():
                    del going[len(results)]
                    results.append(self._result(future))
                    if enough(results):
                        break
        finally:
            self._client.cancel(list(going.values()))
        progress(1.0)
        return results

    def _workers(self) -> int:
        """How many there are."""
        try:
            return len(self._client.nthreads())
        except (OSError, TimeoutError) as error:
            raise self._gone() from error

    def _wait(self, going: "list[Future[Any]]") -> None:
        """Until one more is done, or for a moment."""
        from distributed import wait

        open_ = [future for future in going if not future.done()]
        if open_:
            with suppress(TimeoutError):
                wait(open_, _LOOKS_EVERY_S, "FIRST_COMPLETED")

    def _result(self, future: "Future[Any]") -> Any:
        from distributed import CancelledError, KilledWorker

        try:
            return future.result()
        except KilledWorker as error:
            raise HalError(
                "a run was made on several workers one after the other, and each has died; they may have run out of memory"
            ) from error
        except CancelledError as error:
            raise self._gone() from error
        except (ModuleNotFoundError, RuntimeError) as error:
            if not isinstance(error, ModuleNotFoundError) and "deserializ" not in str(error):
                raise
            raise HalError(f"the cluster at {self._address} has not this program: {error}; {_SAME}") from error

    def _gone(self) -> HalError:
        return HalError(f"the scheduler at {self._address} has gone; its runs are lost: start it, and ask again")


@cache
def program() -> dict[str, str]:
    """What decides what comes out of a run beside its input: our code, Python, and others' code that it uses."""
    code = sha256()
    for package in ("appliance", "hal", "sim"):
        for file in sorted((_ROOT / package).rglob("*.py")):
            code.update(f"{file.relative_to(_ROOT)}\0".encode() + file.read_bytes() + b"\0")
    found = {"hotline": code.hexdigest()[:12], "Python": ".".join(python_version_tuple()[:2])}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found


def _work(wanted: dict[str, str], job: bytes) -> Any:
    """On a worker: make a run, if this is the program that was asked."""
    own = program()
    differing = [f"{name} {own.get(name)} instead of {expected}" for name, expected in wanted.items() if own.get(name) != expected]
    if differing:
        raise HalError(f"a worker on {gethostname()} has another program, which would give other results: {', '.join(differing)}; {_SAME}")
    made: Job[Any] = pickle.loads(job)
    with _ONE_AT_A_TIME:
        return made(lambda _done: None)
