"""What can be asked of the feed."""

from contracts.notifications import PUBLIC, Feed, FeedHead, FeedPage, PublicFeed, PublicPage
from contracts.rpc import Actor, Nothing
from services.notifications.errors import FeedNotAllowedError
from services.notifications.feed import Feeds, types_of
from services.notifications.policy import may_read, still_told


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
        found = await self._feeds.read(organization, request.after, request.first)
        told = [
            entry
            for entry in found.entries
            if still_told(entry, actor) and (entry.referral is not None or request.subjects)
        ]
        return Feed(
            entries=tuple(types_of(told, request.types)),
            epoch=head.epoch,
            scanned=found.scanned,
            head=head.seq,
            has_next=found.has_next,
        )

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


def _somebody(actor: Actor) -> None:
    if actor.kind not in {"member", "client"}:
        raise FeedNotAllowedError("The public feed is for members and clients.")


def _reader(actor: Actor) -> str:
    if not may_read(actor) or actor.organization is None:
        raise FeedNotAllowedError(
            "Reading the feed takes the scope feed:read (of a member, another role than intake), and a "
            "verified organization of a kind that may be told: police and migration authorities are not."
        )
    return actor.organization
