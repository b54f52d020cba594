"""What this service asks the directory: a service, whose it is, whom to call, places, and coordinators."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from chassis.problems import UnreachableError
from chassis.rpc import Caller
from contracts.capacity import (
    HOLD_PLACES,
    LIST_HOLDS,
    PUT_HOLD_RIGHT,
    Held,
    HoldPlaces,
    Holds,
    ListHolds,
    PutHoldRight,
)
from contracts.codes import OrganizationKind
from contracts.directory import GET_ORGANIZATIONS, GET_SERVICES, Organization, Phone, Service
from contracts.membership import (
    GET_MEMBERS,
    GET_WORKERS,
    LIST_COORDINATORS,
    Coordinators,
    GetMembers,
    GetWorkers,
    OwnMember,
)
from contracts.rpc import Ids, Nothing

# Whose a service is changes never, or nearly: so both are asked about at once, and neither is remembered, for
# nothing may be sent to an organization that was deactivated a moment ago.
REMEMBERED = 5_000
# Well within the time that whoever accepts waits for an answer.
HOLD_SECONDS = 2.0
# Who becomes a coordinator hears of what is overdue from then on.
KEEPERS_SECONDS = 60.0
# While the directory does not answer it is asked so seldom: what is overdue would wait for each time-out.
AWAY_SECONDS = 10.0


class Directory:
    """Asks the directory as this service itself."""

    def __init__(self, caller: Caller, emergency_phone: str) -> None:
        self._caller = caller
        self.last_resort = Phone(number=emergency_phone)
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._keepers: tuple[float, Coordinators] | None = None

    async def service(self, service: str) -> tuple[Service | None, Organization | None]:
        """Return a service and the organization that offers it; None for what does not exist.

        Raises:
            UnreachableError: the directory did not answer.
        """
        supposed = self._owners.get(service)
        if supposed is None:
            found = await self._service(service)
            return found, None if found is None else await self._organization(found.organization)
        found, organization = await asyncio.gather(self._service(service), self._organization(supposed))
        if found is None or found.organization == supposed:
            return found, None if found is None else organization
        return found, await self._organization(found.organization)

    async def services(
        self, services: Iterable[str]
    ) -> dict[str, tuple[Service | None, Organization | None]]:
        """Return services, each with the organization that offers it; None for what does not exist.

        Raises:
            UnreachableError: the directory did not answer.
        """
        asked = tuple(dict.fromkeys(services))
        if not asked:
            return {}
        found = (await self._caller.call(GET_SERVICES, Ids(ids=asked), self._caller.me)).items
        owners = tuple(dict.fromkeys(one.organization for one in found if one is not None))
        owned: tuple[Organization | None, ...] = ()
        if owners:
            owned = (await self._caller.call(GET_ORGANIZATIONS, Ids(ids=owners), self._caller.me)).items
        of = dict(zip(owners, owned, strict=True))
        return {
            service: (one, None if one is None else of[one.organization])
            for service, one in zip(asked, found, strict=True)
        }

    async def _service(self, service: str) -> Service | None:
        reply = await self._caller.call(GET_SERVICES, Ids(ids=(service,)), self._caller.me)
        found = reply.items[0]
        if found is not None:
            self._owners[service] = found.organization
            self._owners.move_to_end(service)
            if len(self._owners) > REMEMBERED:
                self._owners.popitem(last=False)
        return found

    async def _organization(self, organization: str) -> Organization | None:
        reply = await self._caller.call(GET_ORGANIZATIONS, Ids(ids=(organization,)), self._caller.me)
        return reply.items[0]

    async def member(self, organization: str, member: str | None, reference: str | None) -> OwnMember | None:
        """Return a member of an organization, by its id or its reference; None where there is none.

        Raises:
            UnreachableError: the directory did not answer.
        """
        request = GetMembers(
            organization=organization,
            ids=(member,) if member is not None else (),
            references=(reference,) if reference is not None else (),
        )
        return (await self._caller.call(GET_MEMBERS, request, self._caller.me)).items[0]

    async def coordinators(self) -> tuple[str, ...]:
        """Return the organizations that keep the network, as they were a minute ago at most.

        While the directory is away, those that were known: what is overdue must not wait for it.

        Raises:
            UnreachableError: the directory did not answer, and never has.
        """
        return (await self._who_keeps()).organizations

    async def auditors(self) -> tuple[str, ...]:
        """Return the organizations that audit the network, as ``coordinators``.

        Raises:
            UnreachableError: the directory did not answer, and never has.
        """
        return (await self._who_keeps()).auditors

    async def _who_keeps(self) -> Coordinators:
        now = time.monotonic()
        if self._keepers is not None and now < self._keepers[0]:
            return self._keepers[1]
        try:
            reply = await self._caller.call(LIST_COORDINATORS, Nothing(), self._caller.me)
        except UnreachableError:
            if self._keepers is None:
                raise
            self._keepers = time.monotonic() + AWAY_SECONDS, self._keepers[1]
            return self._keepers[1]
        self._keepers = now + KEEPERS_SECONDS, reply
        return reply

    async def kinds(self, organizations: Sequence[str]) -> dict[str, OrganizationKind]:
        """Return by id the kinds of organizations, of those that there are.

        Raises:
            UnreachableError: the directory did not answer.
        """
        return {name: one.kind for name, one in (await self.organizations(organizations)).items()}

    async def organizations(self, organizations: Sequence[str]) -> dict[str, Organization]:
        """Return organizations by id, of those that there are.

        Raises:
            UnreachableError: the directory did not answer.
        """
        wanted = tuple(dict.fromkeys(organizations))
        if not wanted:
            return {}
        reply = await self._caller.call(GET_ORGANIZATIONS, Ids(ids=wanted), self._caller.me)
        return {one.id: one for one in reply.items if one is not None}

    async def workers(self, organization: str) -> tuple[str, ...]:
        """Return the ids of the members of an organization who could work on a referral now.

        Raises:
            UnreachableError: the directory did not answer.
        """
        request = GetWorkers(organization=organization)
        return (await self._caller.call(GET_WORKERS, request, self._caller.me)).ids

    async def holds(self, after: str | None = None, services: Iterable[str] = ()) -> Holds:
        """Return what the directory keeps, of some services behind one of them, or of those named.

        Raises:
            UnreachableError: the directory did not answer.
        """
        request = ListHolds(after=after, services=tuple(dict.fromkeys(services)))
        return await self._caller.call(LIST_HOLDS, request, self._caller.me)

    async def put_hold_right(self, request: PutHoldRight) -> bool:
        """Have kept for a referral what it says itself; return whether that was anything new.

        Raises:
            UnreachableError: the directory did not answer.
        """
        return (await self._caller.call(PUT_HOLD_RIGHT, request, self._caller.me)).changed

    async def hold(self, request: HoldPlaces) -> Held:
        """Ask for places for a referral, all or none; asked again it is the same hold.

        Raises:
            RefusedError: not enough, or the units are not right; code and fields are the directory's.
            UnreachableError: the directory did not answer within two seconds.
        """
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                return await self._caller.call(HOLD_PLACES, request, self._caller.me)
        except TimeoutError as error:
            raise UnreachableError("The directory did not answer.") from error

    def emergency_phone(self, service: Service, organization: Organization) -> Phone:
        """Return whom to call: the service's telephone, else its organization's, else the network's."""
        said = (service.emergency_phone, organization.emergency_phone)
        # A blank number would be the end of the line for whoever needs it most.
        return next((phone for phone in said if phone and phone.number.strip()), self.last_resort)
