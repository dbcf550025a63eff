"""A run's verdict as JUnit XML, for build servers: valid against the schema of Apache Ant's reports, and against Jenkins'."""

from datetime import datetime
from xml.etree import ElementTree as ET

from sim.report.result import Result
from sim.verdict.judging import MISSED, NOT_DECIDED, Verdict

__all__ = ["junit"]


def junit(result: Result) -> str:
    """One test case for each target; what is not decided is an error: the run was too short, or too seldom made, to tell."""
    found = result.verdicts
    states = [verdict.state for verdict in found]
    began = datetime.fromtimestamp(result.scenario.wall(result.site), result.site.centre.timezone)
    suite = ET.Element(
        "testsuite",
        name=result.scenario.scenario,
        timestamp=began.strftime("%Y-%m-%dT%H:%M:%S"),  # the simulated day, which is the same each time
        hostname="localhost",
        tests=str(len(found)),
        failures=str(states.count(MISSED)),
        errors=str(states.count(NOT_DECIDED)),
        skipped="0",
        time=f"{result.wall_s:.3f}",
    )
    properties = ET.SubElement(suite, "properties")
    about = {"seed": result.seed, "replications": len(result.runs), "mode": result.mode, "digest": result.digest}
    for name, said in about.items():
        ET.SubElement(properties, "property", name=name, value=str(said))
    for verdict in found:
        case = ET.SubElement(suite, "testcase", classname=f"scenario.{result.mode}", name=f"{verdict.title} {verdict.target}", time="0")
        if not verdict.ok:
            wrong = ET.SubElement(case, "failure" if verdict.state == MISSED else "error")
            wrong.set("type", verdict.state)
            wrong.set("message", f"measured {_said(verdict)}")
            wrong.text = f"{verdict.title}: {_said(verdict)}, wanted {verdict.target}"
    ET.SubElement(suite, "system-out").text = "\n".join(f"{verdict.title} {verdict.target}: {_said(verdict)}" for verdict in found)
    ET.SubElement(suite, "system-err").text = "\n".join(result.notes)
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _said(verdict: Verdict) -> str:
    if verdict.measured is None:
        return "nothing was measured"
    worst = f" in {verdict.worst}" if verdict.worst else ""
    return verdict.target.say(verdict.measured, verdict.half_width) + worst
