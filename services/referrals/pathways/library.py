"""The pathways in force, in memory: those that came with Relevo, and over them the network's own.

Each replica reads what it does not have every few seconds. A version never changes, so nothing that is known
has to be read again; an edit is in force at once where it was made, and a moment later everywhere.
"""

from collections.abc import Collection, Mapping

from contracts.codes import OrganizationKind, Priority
from contracts.pathways import MandatoryStep, PageWanted, PathwayView, Step
from contracts.steps import AppliedPathway
from services.referrals.pathways import page
from services.referrals.pathways.pathway import Situation, Version, applies, highest, mandatory
from services.referrals.pathways.steps import situations
from services.referrals.pathways.store import Kept, PathwayStore, revision_of
from services.referrals.sealed import Said

LOOK_SECONDS = 5.0


class Library:
    """The version in force of each pathway, by code."""

    def __init__(self, store: PathwayStore, shipped: Mapping[str, Version]) -> None:
        self.store = store
        self.shipped = shipped
        self._own: dict[str, Kept] = {}

    async def begin(self) -> None:
        """Keep what came with Relevo, and read what the network has made of it."""
        await self.store.keep(self.shipped.values())
        await self.look()

    async def look(self) -> None:
        """Read what the network has made since."""
        latest: dict[str, int] = {}
        for code, revision in map(revision_of, await self.store.revisions()):
            latest[code] = max(revision, latest.get(code, 0))
        unknown = [
            f"{code}.{revision}" for code, revision in latest.items() if revision > self._revision(code)
        ]
        if unknown:
            for kept in await self.store.load(unknown):
                self.take(kept)

    def take(self, kept: Kept) -> None:
        """Have this version in force, unless there is a later one."""
        code = kept.version.pathway.code
        if kept.version.revision > self._revision(code):
            self._own[code] = kept

    def _revision(self, code: str) -> int:
        own = self._own.get(code)
        return own.version.revision if own else 0

    def in_force(self, codes: Collection[str] = ()) -> list[Kept]:
        """Return the pathways in force, by their codes; only those named, if any are."""
        every = {**{code: Kept(version) for code, version in self.shipped.items()}, **self._own}
        return [every[code] for code in sorted(every) if not codes or code in codes]

    def get(self, code: str) -> Kept | None:
        """Return the version in force of a pathway."""
        return next(iter(self.in_force((code,))), None)

    def guide(self, people: Collection[Situation]) -> list[Kept]:
        """Return the pathways that apply to any of those people."""
        return [
            kept
            for kept in self.in_force()
            if any(applies(kept.version.pathway, situation) for situation in people)
        ]

    def applied(self, said: Said) -> tuple[AppliedPathway, ...]:
        """Return the pathways in force that apply to the people of a referral, for its record."""
        found = self.guide(situations(said))
        return tuple(
            AppliedPathway(code=kept.version.pathway.code, version=kept.version.label) for kept in found
        )

    def step(self, name: str) -> MandatoryStep | None:
        """Return a mandatory step in force, by its whole name; None where there is none of that name."""
        code, _, wanted = name.partition(".")
        kept = self.get(code)
        named = [_named(kept, step) for step in kept.version.pathway.steps] if kept else []
        return next((step for step in named if step.step == f"{code}.{wanted}"), None)

    def asks_for(self, kind: OrganizationKind) -> bool:
        """Whether a mandatory step in force is taken by organizations of that kind."""
        every = (step for kept in self.in_force() for step in kept.version.pathway.steps)
        return any(step.mandatory and kind in step.kinds for step in every)

    def view(self, kept: Kept, wanted: PageWanted | None = None) -> PathwayView:
        """Return a version as it is shown."""
        version = kept.version
        shipped = self.shipped.get(version.pathway.code)
        newer = version.revision and shipped and shipped.edition > version.edition
        return PathwayView(
            version=version.label,
            pathway=version.pathway,
            shipped=not version.revision,
            newer_edition=shipped.edition if newer and shipped else None,
            at=kept.at,
            organization=kept.organization,
            note=kept.note,
            page=_page(version, wanted) if wanted else None,
        )


def _page(version: Version, wanted: PageWanted) -> str:
    make = page.html if wanted.form == "html" else page.page
    return make(version.pathway, version.label, wanted.language)


def least_priority(guide: Collection[Kept]) -> Priority | None:
    """Return the highest of the least priorities of some pathways."""
    return highest(kept.version.pathway.priority for kept in guide)


def mandatory_steps(guide: Collection[Kept], people: Collection[Situation]) -> tuple[MandatoryStep, ...]:
    """Return the mandatory steps of those pathways for those people, each with its whole name."""
    return tuple(_named(kept, step) for kept in guide for step in mandatory(kept.version.pathway, people))


def _named(kept: Kept, step: Step) -> MandatoryStep:
    return MandatoryStep(
        step=f"{kept.version.pathway.code}.{step.code}",
        words=step.words,
        kinds=step.kinds,
        only_for=step.only_for,
    )
