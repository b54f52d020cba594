"""The rules for alerts ask of metrics that there are, on a network that is well."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
from ruamel.yaml import YAML

from cli.embedded.stack import Stack
from tests.servers import eventually

RULES = Path(__file__).parents[2] / "deploy" / "telemetry" / "alerts.yaml"


def there_are(names: set[str]) -> Callable[[dict[str, str]], bool]:
    """Whether these metrics are among those that were said."""
    return lambda found: names <= set(found)


async def test_every_alert_asks_of_a_metric_that_is_there_and_none_is_raised(stack: Stack) -> None:
    (group,) = YAML(typ="safe").load(RULES.read_text(encoding="utf-8"))["groups"]
    asked = {re.findall(r"\((\w+)\)", rule["expr"])[-1] for rule in group["rules"]}
    carried = {"waking_stuck"}
    parked = asked - carried
    assert parked == {"consumer_parked_nouns", "consumer_parked_age_seconds"}
    assert asked == parked | carried
    async with httpx.AsyncClient(trust_env=False) as http:
        for part in ("notifications", "referrals", "directory"):
            url = f"http://127.0.0.1:{stack.ports[part]}/metrics"

            async def said(url: str = url) -> dict[str, str]:
                lines = (await http.get(url)).text.splitlines()
                labels = r"^(\w+)\{[^}]*(?:durable|of=)[^}]*\} (\S+)$"
                return dict(re.findall(labels, "\n".join(lines), re.MULTILINE))

            there = asked if part == "notifications" else parked
            found = await eventually(said, there_are(there))
            assert {found[name] for name in there} == {"0.0"}, part
