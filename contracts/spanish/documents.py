"""Spanish for what GraphQL itself finds wrong with a document or its variables, by patterns of its English.

That library speaks English only; what it says here holds names of the schema and of the document, no values.
Of each pattern the groups are put into the sentence beside it; the first that fits counts.
"""

OF_DOCUMENTS: tuple[tuple[str, str], ...] = (
    (r"Syntax Error: Expected (.+), found (.+)\.", "Error de sintaxis: se esperaba {0} y hay {1}."),
    (r"Syntax Error: Unexpected (.+)\.", "Error de sintaxis: no se esperaba {0}."),
    (r"Syntax Error: Unterminated string\.", "Error de sintaxis: falta la comilla que cierra un texto."),
    (r"Cannot query field '(\w+)' on type '(\w+)'\.", "El tipo '{1}' no tiene el campo '{0}'."),
    (
        r"Field '(\w+)' of type '(.+)' must have a selection of subfields\.",
        "El campo '{0}' es de tipo '{1}': indique cuáles de sus campos pide.",
    ),
    (
        r"Field '(\w+)' must not have a selection since type '(.+)' has no subfields\.",
        "El campo '{0}' es de tipo '{1}', que no tiene campos: quite las llaves que lo siguen.",
    ),
    (r"Unknown argument '(\w+)' on field '(.+)'\.", "El campo '{1}' no tiene el argumento '{0}'."),
    (
        r"Argument '(.+)' of type '(.+)' is required, but it was not provided\.",
        "Falta el argumento '{0}', de tipo '{1}'.",
    ),
    (r"Unknown type '(\w+)'\.", "No existe el tipo '{0}'."),
    (r"Unknown fragment '(\w+)'\.", "No existe el fragmento '{0}'."),
    (r"Unknown directive '(.+)'\.", "No existe la directiva '{0}'."),
    (r"Fragment '(\w+)' is never used\.", "El fragmento '{0}' no se usa."),
    (r"Variable '(\$\w+)' is never used(?: in operation '\w+')?\.", "La variable '{0}' no se usa."),
    (r"Variable '(\$\w+)' is not defined(?: by operation '\w+')?\.", "La variable '{0}' no está declarada."),
    (
        r"Variable '(\$\w+)' of type '(.+)' used in position expecting type '(.+)'\.",
        "La variable '{0}' es de tipo '{1}', y donde se usa se espera '{2}'.",
    ),
    (r"There can be only one [\w ]+ named '(.+)'\.", "El nombre '{0}' está dos veces."),
    (
        r"Fields '(.+)' conflict because .*",
        "Los campos '{0}' no pueden llevar el mismo nombre: ponga otro alias a uno de ellos.",
    ),
    (
        r"Expected (?:a )?value of non-null type '(.+)' (?:to be provided|not to be None)\.",
        "Falta: es de tipo '{0}'.",
    ),
    (
        r"Expected value of type '(.+)' to include required field '(\w+)'\.",
        "A '{0}' le falta el campo obligatorio '{1}'.",
    ),
    (
        r"Expected value of type '(.+)' not to include unknown field\. Its fields are (.+)\.",
        "Hay un campo que '{0}' no tiene. Sus campos son {1}.",
    ),
    (
        r"Expected value of type '(.+)' not to include unknown field\.",
        "Hay un campo que '{0}' no tiene.",
    ),
    (r"Expected value of type '(.+)' to be an object\.", "Debe ser un objeto de tipo '{0}'."),
    (
        r"Expected value of type '(.+)': .* written as ([\w:-]+).*",
        "Debe ser de tipo '{0}', que se escribe así: {1}",
    ),
    (r"Expected value of type '([^']+)'[.:].*", "Debe ser de tipo '{0}'."),
    (
        r"The value does not exist in '(\w+)' enum\. There are (.+)\.",
        "No es uno de los valores de '{0}': {1}.",
    ),
    (
        r"The value does not exist in '(\w+)' enum\. See (codes\(.+\))\.",
        "No es uno de los valores de '{0}': vea {1}.",
    ),
    (
        r"The value does not exist in '(\w+)' enum\..*",
        "No es uno de los valores de '{0}': véalos en el esquema.",
    ),
    (r"Enum '(\w+)' cannot represent .*", "No es uno de los valores de '{0}': se escriben sin comillas."),
    (r"(Int|Float|String|Boolean|ID) cannot represent .*", "El valor no es de tipo {0}."),
    (r"The value is not right\.", "El valor no es correcto."),
)
# Before what is said of a value: whose it is, and where in it.
OF_VALUES = r"(?:Variable|Argument) '(\$?\w+)' has invalid (?:default )?value(?: at ([\w.\[\]]+))?: "
A_VALUE = "'{0}': {1}"
# Behind it: what the library takes the client to have meant.
MEANT = r" Did you mean (?:the enum value |to use an inline fragment on )?(.+?)\?"
DID_YOU_MEAN = "¿Quiso decir {0}?"
# Where no pattern fits, by code.
OF_CODE = {
    "GRAPHQL_PARSE_FAILED": "El documento no se puede leer como GraphQL: `locations` dice en qué lugar.",
    "GRAPHQL_VALIDATION_FAILED": (
        "El documento no corresponde al esquema: `message` dice en qué, y `locations` dónde."
    ),
    "BAD_USER_INPUT": "Un valor no es de su tipo: `message` dice cuál.",
}
