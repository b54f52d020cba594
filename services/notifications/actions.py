"""What can be asked of the feed."""

from collections.abc import Sequence

from contracts.notifications import PUBLIC, Feed, FeedHead, FeedPage, FeedTold, PublicFeed, PublicPage
from contracts.progress import sees_progress_only
from contracts.rpc import Actor, Nothing
from services.notifications.errors import FeedNotAllowedError
from services.notifications.feed import Feeds, Slice, types_of
from services.notifications.policy import may_read, still_told

# Entries that are looked at in one go for somebody to whom most of them may not be told.
LOOKED_AT = 500


class Reading:
    """Reads of the feed, each for the actor's own organization and by today's policy."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds

    async def page(self, request: FeedPage, actor: Actor) -> Feed:
        """Return the entries after a position.

        Raises:
            FeedNotAllowedError: the actor may not read a feed.
            CursorExpiredError: what comes after the position is no longer kept.
        """
        organization = _reader(actor)
        await self._feeds.check(request.after, request.epoch)
        head = await self._feeds.head(organization)
        if sees_progress_only(actor):
            found = await self._without_gaps(organization, request, actor)
        else:
            found = await self._feeds.read(organization, request.after, request.first)
        return Feed(
            entries=tuple(_told(found.entries, request, actor)),
            epoch=head.epoch,
            scanned=found.scanned,
            head=head.seq,
            has_next=found.has_next,
        )

    async def _without_gaps(self, organization: str, request: FeedPage, actor: Actor) -> Slice[FeedTold]:
        """Read on to a full page of what the actor may know: a page that is not full would count the rest."""
        told: list[FeedTold] = []
        after, more = request.after, True
        while more and len(told) <= request.first:
            found = await self._feeds.read(organization, after, LOOKED_AT)
            told += _told(found.entries, request, actor)
            after, more = found.scanned, found.has_next
        page = told[: request.first]
        has_next = len(told) > len(page)
        return Slice(page, page[-1].seq if has_next else after, has_next=has_next)

    async def head(self, _request: Nothing, actor: Actor) -> FeedHead:
        """Return where the actor's feed ends.

        Raises:
            FeedNotAllowedError: the actor may not read a feed.
        """
        return await self._feeds.head(_reader(actor))

    async def public_page(self, request: PublicPage, actor: Actor) -> PublicFeed:
        """Return the entries of the public feed after a position: for everybody who has shown who it is.

        Raises:
            FeedNotAllowedError: the actor acts for nobody.
            CursorExpiredError: what comes after the position is no longer kept.
        """
        _somebody(actor)
        await self._feeds.check(request.after, request.epoch)
        head = await self._feeds.head(PUBLIC)
        found = await self._feeds.read_public(request.after, request.first)
        wanted = frozenset(request.services)
        return PublicFeed(
            entries=tuple(one for one in found.entries if not wanted or one.service in wanted),
            epoch=head.epoch,
            scanned=found.scanned,
            head=head.seq,
            has_next=found.has_next,
        )

    async def public_head(self, _request: Nothing, actor: Actor) -> FeedHead:
        """Return where the public feed ends.

        Raises:
            FeedNotAllowedError: the actor acts for nobody.
        """
        _somebody(actor)
        return await self._feeds.head(PUBLIC)


def _told(entries: Sequence[FeedTold], request: FeedPage, actor: Actor) -> list[FeedTold]:
    """Those that are told to the actor today, as they are told; of these, the types asked for."""
    told = [known for entry in entries if (known := still_told(entry, actor)) is not None]
    known_by_all = [one for one in told if one.referral is not None or request.subjects]
    return types_of(known_by_all, request.types)


def _somebody(actor: Actor) -> None:
    if actor.kind not in {"member", "client"}:
        raise FeedNotAllowedError("The public feed is for members and clients.")


def _reader(actor: Actor) -> str:
    if not may_read(actor) or actor.organization is None:
        raise FeedNotAllowedError(
            "Reading the feed takes the scope feed:read (of a member, a role), and a verified organization."
        )
    return actor.organization
