"""From a document's text to a response: parsed and validated once, measured every time, executed.

What is known of a valid document is kept by its text, since clients send the same few over and over.
"""

import inspect
import re
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from typing import Any, NamedTuple

import msgspec
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_composite_type,
    parse,
    specified_rules,
    validate,
)
from graphql.execution import create_source_event_stream, execute_subscription_event
from graphql.validation import MaxIntrospectionDepthRule
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway import explaining, limits, words
from gateway.context import Context
from gateway.errors import NoOperationError, RequestError, shown
from gateway.limits import Limits, Shape
from gateway.quick import Compiled, QuickExecutor

Response = dict[str, Any]

# graphql-core compares fields of one name pair by pair, and gives up at half a million; with a thousand
# tokens no honest document comes near this.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 50_000
_RULES = (
    *specified_rules, MaxIntrospectionDepthRule, MaybeNullValidationRule, OneOfInputValidationRule,
)  # fmt: skip
# What is kept weighs its tokens, about half a kilobyte each when parsed, and its text, since comments and
# literals are no tokens or few: about ten megabytes in all.
KEPT_WEIGHT = 20_000
_CHARACTERS_A_TOKEN = 20
# What clients send over and over is shorter.
LONGEST_KEPT = 8 * 1024
# An input of matchServices or screen within the document: as the argument, or as a variable's default.
_INLINE_MATCH = re.compile(
    r"\b(?:matchServices|screen)\s*\(\s*input\s*:\s*[^$\s]|\b(?:MatchInput|ScreenInput)\s*!?\s*="
)
# Longer than in most lists, since every code of a kind comes.
_LISTS = {"codes": 50, "counts": 20, "matchServices": 20, "pathways": 12}


class Params(msgspec.Struct, frozen=True):
    """A GraphQL request, in the names that its clients write."""

    query: str
    operation_name: str | None = msgspec.field(name="operationName", default=None)
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class Document:
    """A document that was parsed and measured; validated once it is to be executed."""

    def __init__(self, text: str, tokens: int, shape: Shape) -> None:
        self.ast = parse(text)
        self.text = text
        self.weight = tokens + len(text) // _CHARACTERS_A_TOKEN
        self.has_directives = "@" in text
        self.measured = limits.measure(self.ast, shape)
        self.errors: list[GraphQLError] | None = None
        self._compiled: Compiled = {}

    @property
    def compiled(self) -> Compiled:
        """What was compiled of it; anew each time if directives may select other fields."""
        return {} if self.has_directives else self._compiled


class Operation(NamedTuple):
    """What is to be executed: within the limits, and valid."""

    document: Document
    node: OperationDefinitionNode
    params: Params

    @property
    def kind(self) -> str:
        """``query``, ``mutation`` or ``subscription``."""
        return str(self.node.operation.value)

    @property
    def is_subscription(self) -> bool:
        """Whether it gives a stream of responses."""
        return self.node.operation is OperationType.SUBSCRIPTION


class RefusedDocumentError(Exception):
    """The document, or what was asked of it, is not right."""

    def __init__(self, code: str, errors: list[GraphQLError], schema: GraphQLSchema) -> None:
        super().__init__(code)
        self._code = code
        said = [_WORDS[code](error) for error in errors]
        self._told = [
            (error, one + words.what_would_be_right(one, schema))
            for error, one in zip(errors, said, strict=True)
        ]

    def response_in(self, language: str) -> Response:
        """Return the response that says why: as the library says it, and in Spanish explained beside that."""
        return {
            "errors": [
                {
                    **error.formatted,
                    "message": message,
                    "extensions": explaining.extensions(message, self._code, language),
                }
                for error, message in self._told
            ]
        }


def _is_about_a_value(error: GraphQLError) -> bool:
    """Whether a literal of the document is the matter: a variable's name is none."""
    return any(
        isinstance(node, ValueNode) and not isinstance(node, VariableNode) for node in error.nodes or ()
    )


_WORDS: dict[str, Callable[[GraphQLError], str]] = {
    "GRAPHQL_PARSE_FAILED": lambda error: words.of_syntax(error.message),
    "GRAPHQL_VALIDATION_FAILED": lambda error: words.of_validation(error.message, _is_about_a_value(error)),
    "BAD_USER_INPUT": lambda error: words.of_variables(error.message),
}


class Engine:
    """Executes documents on one schema, within limits."""

    def __init__(self, schema: GraphQLSchema, bounds: Limits) -> None:
        self._schema = schema
        self._bounds = bounds
        self._shape = shape_of(schema)
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._weight = 0

    def prepare(self, params: Params) -> Operation:
        """Return the operation that is asked for.

        Raises:
            DocumentError: it breaks a limit.
            NoOperationError: it has no such operation.
            RefusedDocumentError: it is no valid document.
        """
        document = self._document(params.query)
        node = get_operation_ast(document.ast, params.operation_name)
        if node is None:
            raise NoOperationError(
                "Name one of the document's operations: operationName is missing, or not one of them."
            )
        name = node.name.value if node.name else None
        limits.check(document.measured[name], params.variables or {}, self._bounds)
        if document.errors is None:
            document.errors = validate(self._schema, document.ast, _RULES, max_errors=20)
        if document.errors:
            raise RefusedDocumentError("GRAPHQL_VALIDATION_FAILED", document.errors, self._schema)
        self._keep(document)
        return Operation(document, node, params)

    async def execute(self, operation: Operation, context: Context) -> Response:
        """Return the response to a query or mutation.

        Raises:
            RefusedDocumentError: the variables are not of their types.
        """
        result: Any = self._executor(operation, context).execute_operation()
        if inspect.isawaitable(result):
            result = await result
        return _response(result, context.language)

    async def subscribe(self, operation: Operation, context: Context) -> AsyncGenerator[Response, None]:
        """Yield the responses of a subscription; a failure of the stream itself is the last of them.

        Raises:
            RefusedDocumentError: the variables are not of their types.
        """
        executor = self._executor(operation, context)
        source: Any = create_source_event_stream(executor)
        if inspect.isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise RefusedDocumentError("BAD_USER_INPUT", source.errors or [], self._schema)
        try:
            # As graphql-core's subscribe does, without the two generators that it holds around an idle one.
            async for event in source:
                result = execute_subscription_event(executor.build_per_event_executor(event))
                if inspect.isawaitable(result):
                    result = await result
                yield _response(result, context.language)
        except Exception as error:  # noqa: BLE001 - whatever ended it is said to the client, or masked
            yield failed(error, context.language, operation.node)
        finally:
            await source.aclose()

    def _executor(self, operation: Operation, context: Context) -> QuickExecutor:
        executor = QuickExecutor.build(
            self._schema,
            operation.document.ast,
            context_value=context,
            raw_variable_values=operation.params.variables,
            operation_name=operation.params.operation_name,
            compiled=operation.document.compiled,
        )
        if isinstance(executor, list):
            raise RefusedDocumentError("BAD_USER_INPUT", executor, self._schema)
        assert isinstance(executor, QuickExecutor)
        return executor

    def _document(self, text: str) -> Document:
        known = self._documents.get(text)
        if known is not None:
            self._documents.move_to_end(text)
            return known
        tokens = limits.check_tokens(text, self._bounds)
        try:
            return Document(text, tokens, self._shape)
        except GraphQLError as error:
            raise RefusedDocumentError("GRAPHQL_PARSE_FAILED", [error], self._schema) from None

    def _keep(self, document: Document) -> None:
        if document.text in self._documents or not _may_be_kept(document):
            return
        self._documents[document.text] = document
        self._weight += document.weight
        while self._weight > KEPT_WEIGHT:
            _, oldest = self._documents.popitem(last=False)
            self._weight -= oldest.weight


def _may_be_kept(document: Document) -> bool:
    """Whether it is short, and says nothing of a person in itself: that does not come back, and is hers.

    That is a change with inline text, which may hold a name, and a match whose input is not a variable.
    """
    changes = any(
        isinstance(node, OperationDefinitionNode) and node.operation is OperationType.MUTATION
        for node in document.ast.definitions
    )
    personal = (changes and '"' in document.text) or _INLINE_MATCH.search(document.text)
    return len(document.text) <= LONGEST_KEPT and not personal


def shape_of(schema: GraphQLSchema) -> Shape:
    """What the limits need to know of a schema: its plain lists of things, and its mutations."""
    lists = {
        name: limits.PLAIN_LIST
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if isinstance(get_nullable_type(field.type), GraphQLList)
        and is_composite_type(get_named_type(field.type))
        and name not in {"edges", "nodes"}
    }
    mutations = schema.mutation_type.fields if schema.mutation_type else {}
    return Shape({**lists, **_LISTS}, dict.fromkeys(mutations, limits.MUTATION))


def failed(error: Exception, language: str, node: OperationDefinitionNode | None = None) -> Response:
    """A response that consists of one failure of an operation as a whole, in that language."""
    if isinstance(error, RequestError):
        return {"errors": [error.entry_in(language)]}
    if not isinstance(error, GraphQLError):
        error = GraphQLError("", node, original_error=error)
    return {"errors": [shown(error, language)]}


def _response(result: Any, language: str) -> Response:
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [shown(error, language) for error in result.errors]}
