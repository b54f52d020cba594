"""What graphql-core says of a client's mistake, without the values that it likes to repeat.

A name that was put into the wrong field would otherwise come back in an error, and from there into somebody's
log. Names of the schema stay, and where in the input it was: that is what helps.
"""

import re
from collections.abc import Iterable, Sequence

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema

# An enum with no more values than this is told whole; of a longer one, where its values are told.
_FEW = 12
_WHERE = re.compile(
    r"(?P<where>(?:Variable '\$\w+'|Argument '\w+') has invalid (?:default )?value"
    r"(?: at [\w.\[\]]+)?): (?P<rest>.*)",
    re.DOTALL,
)
# Each says, of a message about a value, which part of it is safe to show.
_OF_VALUES = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(Expected a? ?value of non-null type '[\w!\[\]]+' (?:to be provided|not to be None))\.\Z",
        r"(Expected value of type '[\w!\[\]]+' to include required field '\w+'), found: .*",
        r"(Expected value of type '[\w!\[\]]+' to be an object), found: .*",
        r"(Expected value of type '[\w!\[\]]+' not to include unknown field) .*",
        r"(Expected value of type '[\w!\[\]]+'), but encountered error '(A Date(?:Time)? [^']*)'; found: .*",
        r"(Expected value of type '[\w!\[\]]+'), found: .*",
        # The value stands before: only what comes last was not said by the client.
        r".*(?P<last>does not exist in '\w+' enum\.(?: Did you mean [\w ',]+\?)?)\Z",
        r"(Enum '\w+' cannot represent non-(?:string|enum) value): .*",
        r"((?:Int|Float|String|Boolean|ID) cannot represent [\w -]*?value): .*",
    )
)
_SYNTAX = re.compile(
    r"Syntax Error: (?P<before>Expected .+?, found|Unexpected) (?P<kind>'?[^\s']+'?).*", re.DOTALL
)
_SYNTAX_PLAIN = re.compile(r"(Syntax Error: [^:'\"]+).*", re.DOTALL)
_TOKENS_WITH_VALUES = frozenset({"Name", "String", "BlockString", "Int", "Float"})
_NOT_RIGHT = "The value is not right"
_ENUM = re.compile(r"does not exist in '(\w+)' enum")
_NO_FIELD = re.compile(r"of type '(\w+)' not to include unknown field")


def camel(name: str) -> str:
    """A contract's name as clients write it: ``arrive_by`` is ``arriveBy``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def respelt(message: str, names: set[str]) -> str:
    """A part's words with these names of inputs as clients write them."""
    return re.sub(r"\w+", lambda word: camel(word[0]) if word[0] in names else word[0], message)


def of_fields(problems: Iterable[tuple[Sequence[str], str]]) -> str:
    """What to say of inputs that a part refused: each with its name, and what would be right."""
    told = list(problems)
    names = {step for path, _ in told for step in path}
    return " ".join(f"{'.'.join(map(camel, path))}: {respelt(message, names)}" for path, message in told)


def of_variables(message: str) -> str:
    """What to say of a variable or argument whose value is not right."""
    found = _WHERE.match(message)
    if found is None:
        return f"{_NOT_RIGHT}."
    return f"{found['where']}: {_ended(_without_value(found['rest']) or _NOT_RIGHT)}"


def of_validation(message: str, about_a_value: bool) -> str:
    """What to say of a document that is not valid; ``about_a_value`` if a literal in it is the matter.

    Other messages name fields, types and fragments only, which are identifiers by the grammar.
    """
    found = _WHERE.match(message)
    safe = _without_value(found["rest"] if found else message)
    if safe is not None:
        return _ended(safe)
    return f"{_NOT_RIGHT}." if about_a_value else message


def of_syntax(message: str) -> str:
    """What to say of a document that cannot be parsed: what was expected, and what kind of thing there is."""
    found = _SYNTAX.match(message)
    if found:
        kind = found["kind"].rstrip(".")
        shown = kind if kind in _TOKENS_WITH_VALUES or not kind[:1].isalnum() else "something else"
        return f"Syntax Error: {found['before']} {shown}."
    plain = _SYNTAX_PLAIN.match(message)
    return f"{plain[1].rstrip(' .,')}." if plain else "Syntax Error."


def what_would_be_right(said: str, schema: GraphQLSchema) -> str:
    """A sentence more, for what was said above of a code or a field that does not exist; or nothing.

    Which field it was is not repeated: who puts a name where a field's name should be would read it in a log.
    """
    enum, field = _ENUM.search(said), _NO_FIELD.search(said)
    if enum:
        return _values_of(enum[1], schema)
    kind = schema.type_map.get(field[1]) if field else None
    if isinstance(kind, GraphQLInputObjectType):
        return f" Its fields are {', '.join(kind.fields)}."
    return ""


def _values_of(name: str, schema: GraphQLSchema) -> str:
    kind, kinds = schema.type_map.get(name), schema.type_map.get("CodeKind")
    if not isinstance(kind, GraphQLEnumType) or len(kind.values) <= _FEW:
        return f" There are {', '.join(kind.values)}." if isinstance(kind, GraphQLEnumType) else ""
    code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
    if isinstance(kinds, GraphQLEnumType) and code in kinds.values:
        return f" See codes(kind: {code})."
    return f" See the enum {name} of the schema."


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith("?") else f"{sentence}."


def _without_value(message: str) -> str | None:
    for pattern in _OF_VALUES:
        found = pattern.match(message)
        if found:
            if "last" in pattern.groupindex:
                return f"The value {found['last'].rstrip('.')}"
            return ": ".join(group.rstrip(".") for group in found.groups())
    return None
