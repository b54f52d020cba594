"""How text in a request has to be written: each pattern, and what it asks for in words for people.

The words stand beside the pattern because nobody who was refused should have to read a regular expression.
"""

# What no line needs: control characters, ends of lines, marks that turn the direction of what follows.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
# Something that can be read, on one line: names are shown in terminals and logs.
NAME = rf"^[^{_UNSEEN}]*[^{_UNSEEN}\x20\xa0][^{_UNSEEN}]*\Z"
# What people write, on one or more lines: with something in it that can be read, no control characters but
# ends of lines and tabs, and no marks that turn its direction.
SAID = (
    r"^(?=[\s\S]*[^\s\xa0\u200b-\u200f\u2060\ufeff])"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+\Z"
)
# A blank at its end would make another unit that looks the same.
UNIT = rf"^(?![\s\xa0])[^{_UNSEEN}]+(?<![\s\xa0])\Z"
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z"
COUNTRY = r"^[A-Z]{2}\Z"
MUNICIPALITY = r"^[0-9]{5}\Z"
LINK = r"^https?://[^\s\x00-\x1f\x7f]+\Z"
EMAIL = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\Z"
REFERENCE = r"^[\x21-\x3f\x41-\x7e]+\Z"
# Who is in need calls it: three digits at least, as 911, and no letters but those of an extension.
PHONE = r"^(?=(?:[^0-9]*[0-9]){3})[0-9+*#()./ -]+(?:(?i:ext(?:ensi[oó]n)?|x)[. ]*[0-9]{1,8})?\Z"
SOURCE = r"^[a-z0-9][a-z0-9._-]*\Z"
CODE = r"^[a-z][a-z0-9_]*\Z"
STEP = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"
VERSION = r"^[0-9]+(\.[0-9]+)?\Z"

WORDS = {
    NAME: "Must not be empty: something that can be read, on one line.",
    SAID: "Must be text that can be read, without control characters.",
    UNIT: "Must be text on one line, without blanks at its ends.",
    LANGUAGE: "Must be a language tag, as es or mam, or en-US.",
    COUNTRY: "Must be a country's two capital letters, as MX or HN.",
    MUNICIPALITY: "Must be a municipality's five digits (INEGI), as 07089.",
    LINK: "Must be an address that begins with http:// or https://.",
    EMAIL: "Must be an e-mail address.",
    REFERENCE: "Must be an id of your own, without spaces and @: it names nobody.",
    PHONE: "Must be a telephone number, as +52 993 000 0000.",
    SOURCE: "Must be lower-case letters, digits and . _ -, beginning with a letter or a digit.",
    CODE: "Must be lower-case letters, digits and _, beginning with a letter.",
    STEP: "Must be the name of a pathway and of a step of it, with a dot between.",
    CLOCK: "Must be a time of the day, as 07:00 or 22:30.",
    VERSION: "Must be a version, as 1 or 1.2.",
}
