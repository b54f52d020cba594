"""Who comes together, as far as it is known: every composition that a household could be of."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts.acceptance import HouseholdComposition
from contracts.codes import Gender, Vulnerability

Compositions = frozenset[HouseholdComposition]
ADULT_YEARS = 18
_ALL = frozenset(HouseholdComposition)
_H = HouseholdComposition
_ALONE = {Gender.FEMALE: _H.SINGLE_WOMAN, Gender.MALE: _H.SINGLE_MAN}
_WITH_CHILDREN = {Gender.FEMALE: _H.WOMAN_WITH_CHILDREN, Gender.MALE: _H.MAN_WITH_CHILDREN}


class Someone(NamedTuple):
    """A person: the years that she can be of, and her gender; None where it is not known."""

    age: tuple[int, int] | None
    gender: Gender | None

    @property
    def is_child(self) -> bool | None:
        """Whether she is under 18; None where nobody knows."""
        if self.age is None or self.age[0] < ADULT_YEARS <= self.age[1]:
            return None
        return self.age[1] < ADULT_YEARS


def possible(
    person: Someone, household: Sequence[Someone] | None, vulnerabilities: Iterable[str] | None
) -> Compositions | None:
    """Return what the household can be of; None where that is anything.

    ``household`` is everybody but the person, None where nobody knows. A child that is said to be
    unaccompanied may be with others who are not its caregivers.
    """
    unaccompanied = Vulnerability.UNACCOMPANIED_CHILD in (vulnerabilities or ())
    if household is None:
        found = frozenset({_H.UNACCOMPANIED_CHILD}) if unaccompanied else _of_somebody(person)
    else:
        found = _of_all([person, *household])
        if unaccompanied:
            found |= {_H.UNACCOMPANIED_CHILD}
    return None if found == _ALL else found


def _of_somebody(person: Someone) -> Compositions:
    """What somebody can belong to of whom it is not known whether she is alone."""
    together = {_H.FAMILY, _H.WOMAN_WITH_CHILDREN, _H.MAN_WITH_CHILDREN}
    if person.is_child:
        return frozenset({*together, _H.UNACCOMPANIED_CHILD})
    grown = _of_one(person.gender) | {_H.FAMILY, _H.ADULTS} | _of_parents([person.gender])
    return grown if person.is_child is False else frozenset({*grown, *together, _H.UNACCOMPANIED_CHILD})


def _of_all(people: Sequence[Someone]) -> Compositions:
    """What these people can be: over every number of adults that there can be among them."""
    certain = [one for one in people if one.is_child is False]
    likely = [one for one in people if one.is_child is not True]
    found: set[HouseholdComposition] = set()
    for adults in range(len(certain), len(likely) + 1):
        children = len(people) - adults
        if adults == 0:
            found.add(_H.UNACCOMPANIED_CHILD)
        elif adults == 1:
            genders = [one.gender for one in (certain or likely)]
            found |= _of_parents(genders) if children else _of_one(genders[0])
        else:
            found.add(_H.FAMILY if children else _H.ADULTS)
    return frozenset(found)


def _of_one(gender: Gender | None) -> Compositions:
    if gender is None:
        return frozenset({_H.SINGLE_WOMAN, _H.SINGLE_MAN, _H.SINGLE_PERSON})
    return frozenset({_ALONE.get(gender, _H.SINGLE_PERSON)})


def _of_parents(genders: Sequence[Gender | None]) -> Compositions:
    """One adult with children; an adult who is neither man nor woman makes it a family."""
    found: set[HouseholdComposition] = set()
    for gender in genders:
        if gender is None:
            found |= {_H.WOMAN_WITH_CHILDREN, _H.MAN_WITH_CHILDREN, _H.FAMILY}
        else:
            found.add(_WITH_CHILDREN.get(gender, _H.FAMILY))
    return frozenset(found)
