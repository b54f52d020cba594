"""To whom a broadcast is addressed: asked of the directory, when it is sent."""

from chassis.problems import InvalidError
from chassis.rpc import Caller
from contracts.broadcasts import MOST_ADDRESSED, SendBroadcast
from contracts.codes import FIREWALLED, OrganizationKind
from contracts.directory import GET_SERVICES, LIST_ORGANIZATIONS, ListOrganizations
from contracts.rpc import FieldProblem, Ids, Page
from contracts.sentences import Sentence

PAGE = 100
# Refugee law keeps her own country's consulate away; and what a prosecutor may know she decides. Who means
# one of them names the kind.
_BY_NAME_ONLY = frozenset({OrganizationKind.CONSULATE, OrganizationKind.PROSECUTOR})
ALL_KINDS = tuple(one for one in OrganizationKind if one not in FIREWALLED | _BY_NAME_ONLY)
_TOO_MANY = Sentence(
    "It is for more than {most} organizations: say of which kinds, states or needs.", most=MOST_ADDRESSED
)
_NOBODY = "No verified organization is of these kinds, states and needs."
_NO_SERVICE = "There is no such service."


class Audience:
    """Asks the directory."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def of(self, request: SendBroadcast) -> list[str]:
        """Return the organizations that an alert is for.

        Raises:
            InvalidError: there is none, or too many; or no such service.
            UnreachableError: the directory did not answer.
        """
        if request.service is not None:
            found = await self._caller.call(GET_SERVICES, Ids(ids=(request.service,)), self._caller.me)
            if found.items[0] is None:
                raise _refused("service", _NO_SERVICE, "NOT_FOUND")
        ids: list[str] = []
        after: tuple[str, ...] | None = None
        while True:
            page = await self._caller.call(LIST_ORGANIZATIONS, _asked(request, after), self._caller.me)
            ids += [one.id for one in page.items]
            if len(ids) > MOST_ADDRESSED:
                raise _refused("kinds", _TOO_MANY, "TOO_MANY")
            if not page.has_next:
                break
            after = page.positions[-1]
        if not ids:
            raise _refused("kinds", _NOBODY, "NOT_FOUND")
        return ids


def _asked(request: SendBroadcast, after: tuple[str, ...] | None) -> ListOrganizations:
    return ListOrganizations(
        page=Page(first=PAGE, after=after),
        kinds=request.kinds or ALL_KINDS,
        states=request.states,
        needs=request.needs,
        verified=True,
    )


def _refused(field: str, words: str, code: str) -> InvalidError:
    return InvalidError("Nobody was alerted.", (FieldProblem(path=(field,), message=words, code=code),))
