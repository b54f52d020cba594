"""What can be asked of the feed."""

from chassis.problems import ForbiddenError, NotAllowedError, NotVerifiedError
from contracts.notifications import PUBLIC, Feed, FeedHead, FeedPage, PublicFeed, PublicPage
from contracts.rpc import Actor, Nothing
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.feed import Feeds
from services.notifications.policy import NOT_A_READER, may_read
from services.notifications.walking import Walk


class Reading:
    """Reads of the feed, each for the actor's own organization and by today's policy."""

    def __init__(self, feeds: Feeds, subscribers: Subscribers) -> None:
        self._feeds = feeds
        self._subscribers = subscribers

    async def page(self, request: FeedPage, actor: Actor) -> Feed:
        """Return the entries after a position.

        Raises:
            ForbiddenError, NotVerifiedError: the actor may not read a feed.
            CursorExpiredError: what comes after the position is no longer kept.
        """
        organization = reader_of(actor)
        life = await self._feeds.check(request.after, request.epoch)
        last = await self._feeds.last(organization, request.referral)
        walk = Walk(self._feeds, self._subscribers, actor, request.after, request.referral)
        found = await walk.page(request)
        scanned = found.scanned
        if not found.has_next and scanned >= last:
            # All was read, by a replica that was not behind: up to there nothing else is this reader's.
            scanned = max(scanned, life.last)
        return Feed(
            entries=tuple(found.entries),
            epoch=life.epoch,
            scanned=scanned,
            head=last,
            has_next=found.has_next,
        )

    async def head(self, _request: Nothing, actor: Actor) -> FeedHead:
        """Return where the actor's feed ends.

        Raises:
            ForbiddenError, NotVerifiedError: the actor may not read a feed.
        """
        return await self._feeds.head(reader_of(actor))

    async def public_page(self, request: PublicPage, actor: Actor) -> PublicFeed:
        """Return the entries of the public feed after a position: for everybody who has shown who it is.

        Raises:
            NotAllowedError: the actor acts for nobody.
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
            NotAllowedError: the actor acts for nobody.
        """
        _somebody(actor)
        return await self._feeds.head(PUBLIC)


def _somebody(actor: Actor) -> None:
    if actor.kind not in {"member", "client"}:
        raise NotAllowedError("The public feed is for members and clients.")


def reader_of(actor: Actor) -> str:
    """Return the organization whose feed the actor may read.

    Raises:
        ForbiddenError, NotVerifiedError: none.
    """
    if actor.organization is None or not actor.verified:
        raise NotVerifiedError("A coordinator has to verify the organization first.")
    if not may_read(actor):
        raise ForbiddenError(NOT_A_READER)
    return actor.organization
