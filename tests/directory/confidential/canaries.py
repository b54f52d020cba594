"""Records of which every word and number about a confidential place is a canary, to be looked for."""

import secrets
import struct
from collections.abc import Callable
from typing import Any

from contracts.directory import ImportRecords
from tests.directory import cast
from tests.flows.search import all_forms

SOURCE = "canarios"
LATITUDE, LONGITUDE = 15.918273, -92.736455


class Canaries:
    """A shelter and its beds at a place of which every text holds one mark, and every number is its own."""

    def __init__(self) -> None:
        self.mark = f"Qz{secrets.token_hex(6)}"
        self.text: Callable[[], str] = lambda: f"{self.mark} {secrets.token_hex(2)}"

    @property
    def wanted(self) -> dict[str, bytes]:
        """Everything to look for."""
        doubles = {f"{number}: double": struct.pack("<d", number) for number in (LATITUDE, LONGITUDE)}
        return {**all_forms([self.mark, "15.918273", "92.736455"]), **doubles}

    def place(self, visibility: str) -> dict[str, Any]:
        """A location of which everything is said that HSDS can say."""
        text = self.text
        return {
            "id": f"l-{visibility}",
            "name": text(), "alternate_name": text(), "description": text(), "transportation": text(),
            "latitude": LATITUDE, "longitude": LONGITUDE, "url": f"http://{self.mark}.example",
            "external_identifier": text(), "languages": [{"note": text()}], "x_other": {"deep": [text()]},
            "addresses": [
                {"id": "a", "address_1": text(), "address_2": text(), "city": text(), "region": "Suchiate",
                 "attention": text(), "state_province": "Chiapas", "postal_code": text(), "country": "MX"}
            ],
            "phones": [{"number": text(), "description": text()}],
            "contacts": [{"name": text(), "email": f"{self.mark}@x.org", "phones": [{"number": text()}]}],
            "accessibility": [{"description": text(), "details": text()}],
            "schedules": [{"description": text(), "notes": text()}],
            "attributes": [{"value": text()}], "metadata": [{"previous_value": text()}],
            "relevo": {"visibility": visibility},
        }  # fmt: skip

    def records(self) -> ImportRecords:
        """An organization and two services, at a private place and at one for the network."""
        at = [
            {"id": f"sal-{visibility}", "description": self.text(), "phones": [{"number": self.text()}],
             "location": self.place(visibility)}
            for visibility in ("private", "network")
        ]  # fmt: skip
        loose = {
            "phones": [{"number": self.text(), "location_id": "l-private"}],
            "metadata": [{"resource_id": "l-private", "resource_type": "location",
                          "field_name": "latitude", "previous_value": self.text()}],
        }  # fmt: skip
        return ImportRecords(
            source=SOURCE,
            records=(
                cast.organization(cast.SHELTER, locations=[self.place("private")], **loose),
                cast.service(cast.BEDS, service_at_locations=at[:1], **loose),
                cast.service(cast.BEDS, id="s-red", service_at_locations=at),
            ),
        )
