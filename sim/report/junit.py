"""A run's verdict as JUnit XML, for build servers."""

from xml.etree import ElementTree as ET

from sim.report.result import Result

__all__ = ["junit"]


def junit(result: Result) -> str:
    """One test case for each target, in the dialect that build servers read (JUnit 4, as Apache Ant writes it)."""
    verdicts = result.verdicts
    missed = [verdict for verdict in verdicts if not verdict.ok]
    suite = ET.Element(
        "testsuite",
        name=result.scenario.scenario,
        tests=str(len(verdicts)),
        failures=str(len(missed)),
        errors="0",
        skipped="0",
        time=f"{result.wall_s:.3f}",
    )
    properties = ET.SubElement(suite, "properties")
    for name, text in (("seed", str(result.seed)), ("mode", result.mode), ("digest", result.digest)):
        ET.SubElement(properties, "property", name=name, value=text)
    for verdict in verdicts:
        case = ET.SubElement(suite, "testcase", classname=f"scenario.{result.mode}", name=f"{verdict.name} {verdict.target}", time="0")
        said = "nothing was measured" if verdict.measured is None else verdict.target.say(verdict.measured)
        if verdict.ok:
            ET.SubElement(case, "system-out").text = said
        else:
            ET.SubElement(
                case, "failure", type="target", message=f"measured {said}"
            ).text = f"{verdict.name}: {said}, wanted {verdict.target}"
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"
