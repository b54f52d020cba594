"""How old somebody of an age band is."""

from contracts.codes import AgeBand

OLDEST_YEARS = 120
CHILDREN = frozenset({AgeBand.INFANT, AgeBand.YOUNG_CHILD, AgeBand.CHILD, AgeBand.ADOLESCENT})
# Age bands by whole years, both ends included.
YEARS: dict[AgeBand, tuple[int, int]] = {
    AgeBand.INFANT: (0, 1),
    AgeBand.YOUNG_CHILD: (2, 5),
    AgeBand.CHILD: (6, 11),
    AgeBand.ADOLESCENT: (12, 17),
    AgeBand.ADULT: (18, 59),
    AgeBand.OLDER_ADULT: (60, OLDEST_YEARS),
}
