"""What a document may ask for: tokens, depth and cost, measured before it is validated, in linear time.

The stock limiters walk a fragment again wherever it is spread, so that 800 bytes of fragments that spread
each other twice keep a processor busy for minutes. Here each fragment is measured once:

* **Tokens** are counted, and brackets balanced, before the parser sees the document.
* **Depth** is the number of fields from the root to a leaf. ``__schema`` and ``__type`` count as one; for
  what is below them there is a rule of its own (``MaxIntrospectionDepthRule``), and the cost.
* **Cost** is 1 for each object, 10 for each mutation, and 1 for every ten leaf fields. What stands in a
  page's ``edges`` or ``nodes`` costs as many times as ``first`` or ``last`` says, what stands in a plain
  list five times, and so on inwards. Aliases and fragments are paid for each time they are used.

A cost is kept as a sum, in which ``first: $n`` stays open until the variables are known. Sums share the
sums of fragments, and each is worked out once.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)
from graphql.language import NullValueNode

from contracts.sentences import Sentence
from gateway.errors import FragmentCycleError, TooCostlyError, TooDeepError, TooManyTokensError

# A cost is counted in tenths, so that a leaf can cost one.
UNIT = 10
LEAF = 1
OBJECT = UNIT
MUTATION = 10 * UNIT
PLAIN_LIST = 5
MOST_IN_PAGE = 100
# No sensible document nests brackets of any kind so deep; the parser would run out of stack.
MOST_BRACKETS = 64

_PAGED = frozenset({"edges", "nodes"})
_INTROSPECTION = frozenset({"__schema", "__type"})
# The lists of the introspection types by which a whole schema is read: types, and their fields.
_INTROSPECTION_LISTS = {"types": 4, "fields": 3}
# A quote that nothing ends takes the rest along: were it a token by itself, each further quote would be
# searched to the end once more. The parser stops at the first one in any case.
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:""")?|"(?:[^"\\\n]|\\.)*"?|#[^\n\r]*|\.\.\.|[_A-Za-z]\w*|-?\d[\w.+-]*|[^\s,\ufeff]',
    re.DOTALL,
)


class Limits(NamedTuple):
    """The most that one document may have."""

    tokens: int
    depth: int
    cost: int


class _Scaled(NamedTuple):
    """So many times a sum; how many may be a variable's to say."""

    times: "int | _Variable"
    sum: "_Sum"


class _Variable(NamedTuple):
    """A page's length, or a list's, that a variable says; ``default`` where it is not given."""

    name: str
    default: Any


class _Sum(NamedTuple):
    """A cost: what is known already, and what hangs on variables."""

    fixed: int
    open: tuple[_Scaled, ...] = ()


class _Weight(NamedTuple):
    """What a selection set weighs: its depth, its cost, and the cost of its ``edges`` and ``nodes``."""

    depth: int
    plain: _Sum
    paged: _Sum


_NOTHING = _Sum(0)
_EMPTY = _Weight(0, _NOTHING, _NOTHING)


class Shape(NamedTuple):
    """What the schema says of its fields, by name, since names are measured before types are known.

    ``lists``: how many entries a plain list usually has. ``costs``: what a field costs, in tenths, where
    it is not that of an object.
    """

    lists: Mapping[str, int]
    costs: Mapping[str, int]


class Measured(NamedTuple):
    """What one operation weighs."""

    depth: int
    cost: _Sum


def check_tokens(source: str, limits: Limits) -> int:
    """Return how many tokens a document has, without parsing it.

    Raises:
        TooManyTokensError, TooDeepError: too many of them (it stops to count there), or brackets too deep
            for the parser.
    """
    tokens = deepest = brackets = 0
    for match in _TOKEN.finditer(source):
        first = source[match.start()]
        if first == "#":
            continue
        tokens += 1
        if tokens > limits.tokens:
            raise TooManyTokensError(
                Sentence(
                    "The document has more than {limit} tokens; that is the limit.", limit=limits.tokens
                ),
                limit=limits.tokens, value=tokens,
            )  # fmt: skip
        if first in "{[(":
            brackets += 1
            deepest = max(deepest, brackets)
        elif first in "}])":
            brackets -= 1
    if deepest > MOST_BRACKETS:
        raise TooDeepError(
            Sentence(
                "The document nests {value} brackets; the limit is {limit}.",
                value=deepest, limit=MOST_BRACKETS,
            ),
            limit=MOST_BRACKETS, value=deepest,
        )  # fmt: skip
    return tokens


def check(measured: Measured, variables: Mapping[str, Any], limits: Limits) -> int:
    """Return what an operation costs with those variables.

    Raises:
        TooDeepError, TooCostlyError: it breaks a limit.
    """
    if measured.depth > limits.depth:
        raise TooDeepError(
            Sentence(
                "The document is {value} fields deep; the limit is {limit}.",
                value=measured.depth, limit=limits.depth,
            ),
            limit=limits.depth, value=measured.depth,
        )  # fmt: skip
    cost = -(-_work_out(measured.cost, variables, {}) // UNIT)
    if cost > limits.cost:
        raise TooCostlyError(
            Sentence(
                "The document would cost {value}; the limit is {limit}. Ask for shorter pages, or less.",
                value=cost, limit=limits.cost,
            ),
            limit=limits.cost, value=cost,
        )  # fmt: skip
    return cost


def measure(document: DocumentNode, shape: Shape) -> dict[str | None, Measured]:
    """Return what each operation of a document weighs, by its name.

    Raises:
        FragmentCycleError: a fragment contains itself.
        TooDeepError: it is so deep that it cannot even be measured.
    """
    scale = _Scale(document, shape)
    operations = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    try:
        return {node.name.value if node.name else None: scale.operation(node) for node in operations}
    except RecursionError:
        raise TooDeepError("The document is more than a hundred fields deep.", value=100) from None


class _Scale:
    """Weighs one document, each of its fragments once."""

    def __init__(self, document: DocumentNode, shape: Shape) -> None:
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._weights: dict[str, _Weight | None] = {}
        self._shape = shape
        self._defaults: dict[str, Any] = {}

    def operation(self, node: OperationDefinitionNode) -> Measured:
        self._defaults = {
            variable.variable.name.value: _literal(variable.default_value)
            for variable in node.variable_definitions or ()
        }
        # Open sums name variables by the operation's own defaults.
        self._weights.clear()
        weight = self._selections(node.selection_set.selections)
        return Measured(weight.depth, _add([weight.plain, weight.paged]))

    def _selections(self, selections: Iterable[SelectionNode]) -> _Weight:
        weights = [self._selection(selection) for selection in selections]
        return _Weight(
            max((weight.depth for weight in weights), default=0),
            _add([weight.plain for weight in weights]),
            _add([weight.paged for weight in weights]),
        )

    def _selection(self, node: SelectionNode) -> _Weight:
        if isinstance(node, FieldNode):
            return self._field(node)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        inner: SelectionSetNode = node.selection_set  # type: ignore[attr-defined] # an inline fragment
        return self._selections(inner.selections)

    def _fragment(self, name: str) -> _Weight:
        if name in self._weights:
            weight = self._weights[name]
            if weight is None:
                raise FragmentCycleError(Sentence("The fragment {name} contains itself.", name=name))
            return weight
        node = self._fragments.get(name)
        if node is None:
            return _EMPTY  # validation will say so
        self._weights[name] = None
        weight = self._selections(node.selection_set.selections)
        self._weights[name] = weight
        return weight

    def _field(self, node: FieldNode) -> _Weight:
        name = node.name.value
        if node.selection_set is None:
            cost, depth = _Sum(LEAF), 1
        else:
            inner = self._selections(node.selection_set.selections)
            paged = _scale(self._page(node), inner.paged)
            own = _Sum(self._shape.costs.get(name, OBJECT))
            cost = _scale(self._length(node), _add([own, inner.plain, paged]))
            depth = 1 if name in _INTROSPECTION else inner.depth + 1
        return _Weight(depth, _NOTHING, cost) if name in _PAGED else _Weight(depth, cost, _NOTHING)

    def _page(self, node: FieldNode) -> int | _Variable:
        for argument in node.arguments or ():
            if argument.name.value in {"first", "last"} and not isinstance(argument.value, NullValueNode):
                return self._times(argument.value)
        return 1

    def _length(self, node: FieldNode) -> int | _Variable:
        """How many things a field that is no page gives: by the ids it names, or by its kind."""
        for argument in node.arguments or ():
            if argument.name.value == "ids":
                return self._times(argument.value)
        name = node.name.value
        return self._shape.lists.get(name) or _INTROSPECTION_LISTS.get(name, 1)

    def _times(self, value: ValueNode) -> int | _Variable:
        if isinstance(value, VariableNode):
            name = value.name.value
            return _Variable(name, self._defaults.get(name))
        return _count(_literal(value))


def _literal(value: ValueNode | None) -> Any:
    if isinstance(value, IntValueNode):
        return int(value.value[:12])
    if isinstance(value, ListValueNode):
        return list(value.values)
    return None


def _count(value: Any) -> int:
    """How many things a value stands for; what cannot be right counts as a full page."""
    if isinstance(value, list):
        return max(len(value), 1)
    if isinstance(value, int):
        return max(value, 1)
    return MOST_IN_PAGE


def _scale(times: int | _Variable, cost: _Sum) -> _Sum:
    if isinstance(times, int) and not cost.open:
        return _Sum(times * cost.fixed)
    if times == 1:
        return cost
    return _Sum(0, (_Scaled(times, cost),)) if cost != _NOTHING else cost


def _add(sums: Sequence[_Sum]) -> _Sum:
    """Sums that hang on variables are shared, not copied: so the whole grows with the document only."""
    is_open = [cost for cost in sums if cost.open]
    fixed = sum(cost.fixed for cost in sums if not cost.open)
    if not is_open:
        return _Sum(fixed)
    if not fixed and len(is_open) == 1:
        return is_open[0]
    return _Sum(fixed, tuple(_Scaled(1, cost) for cost in is_open))


def _work_out(cost: _Sum, variables: Mapping[str, Any], known: dict[int, int]) -> int:
    """The value of a sum. ``known`` holds, by identity, the shared sums that were worked out."""
    if not cost.open:
        return cost.fixed
    if id(cost) not in known:
        known[id(cost)] = cost.fixed + sum(
            _value(part.times, variables) * _work_out(part.sum, variables, known) for part in cost.open
        )
    return known[id(cost)]


def _value(times: int | _Variable, variables: Mapping[str, Any]) -> int:
    if isinstance(times, int):
        return times
    given = variables.get(times.name, times.default)
    return 1 if given is None else _count(given)
