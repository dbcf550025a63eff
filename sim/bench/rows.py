"""Rows of a benchmark: a figure beside a peer's, or beside the most it may be."""

__all__ = ["Row", "beside", "limited", "said"]

Row = dict[str, str | float | bool | None]
"""`metric unit ours peer ratio peer_name target ok`; None: there is nothing to say."""


def beside(metric: str, unit: str, ours: float, peer: float, peer_name: str, target: float | None) -> Row:
    """More is better; the target is the least ratio."""
    ratio = ours / peer
    ok = None if target is None else ratio >= target
    return _row(metric, unit, ours, peer, peer_name, target, ok)


def limited(metric: str, unit: str, ours: float, most: float, peer: float | None = None, peer_name: str = "") -> Row:
    """Less is better; the target is the most that ours may be."""
    return _row(metric, unit, ours, peer, peer_name, most, ours <= most)


def _row(metric: str, unit: str, ours: float, peer: float | None, peer_name: str, target: float | None, ok: bool | None) -> Row:
    return {
        "metric": metric,
        "unit": unit,
        "ours": round(ours, 1),
        "peer": None if peer is None else round(peer, 1),
        "ratio": round(ours / peer, 3) if peer else None,
        "peer_name": peer_name,
        "target": target,
        "ok": ok,
    }


def said(row: Row) -> str:
    """The row as a line for people."""
    peer = f", {row['peer_name']} {row['peer']:,.1f}" if row["peer"] is not None else ""
    ratio = f"; {row['ratio']:.2f} times the peer's" if row["ratio"] is not None else ""
    verdict = "" if row["ok"] is None else f" (target {row['target']:g}: {'met' if row['ok'] else 'missed'})"
    return f"{row['metric']}: ours {row['ours']:,.1f}{peer} {row['unit']}{ratio}{verdict}"
