"""The questionnaire that comes with Relevo: read and checked once, at start; one that is wrong stops it."""

from importlib.resources import files

from contracts.screening import Questionnaire
from services.referrals.pathways.shipped import DataError, read
from services.referrals.screening.screening import questionnaire_problems

FILE = files("services.referrals.screening") / "data" / "door.yaml"


def shipped() -> tuple[Questionnaire, int]:
    """Return the questionnaire and its edition.

    Raises:
        DataError: it is not right.
    """
    questionnaire, edition = read(FILE, Questionnaire)
    wrong = questionnaire_problems(questionnaire)
    if wrong:
        raise DataError(f"{FILE.name}: {'; '.join(wrong)}")
    return questionnaire, edition
