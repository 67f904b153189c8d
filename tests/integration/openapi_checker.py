"""Holds a server's answers against its OpenAPI document: which operation it was, which statuses that may have, what the body
looks like. Knows the keywords of JSON Schema that the document uses, and refuses a document with others: a keyword that is
passed over would check nothing."""

import json
import re

ANNOTATIONS = {"description", "default", "format"}
KEYWORDS = ANNOTATIONS | {
    "$ref", "type", "const", "required", "properties", "additionalProperties", "maxProperties", "oneOf", "anyOf", "items",
    "minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength", "pattern"}
TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class Operation:
    def __init__(self, path, method, description):
        self.path, self.method, self.description = path, method, description
        self.id = description["operationId"]
        self.statuses = {int(status) for status in description["responses"]}
        self._expression = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]*", re.escape(path)))

    def is_at(self, path):
        return self._expression.fullmatch(path)


class Document:
    def __init__(self, text):
        self.root = json.loads(text)
        self.operations = [Operation(path, method.upper(), description)
                           for path, methods in self.root["paths"].items() for method, description in methods.items()]
        assert all(operation.method.lower() in METHODS for operation in self.operations), "a path has something besides methods"
        self.seen = set()  # (operation's id, status, type)
        self._check_keywords_of_all(self.root)

    def resolve(self, thing):
        """`thing`, or what it refers to."""
        while "$ref" in thing:
            assert set(thing) == {"$ref"}, thing
            place = self.root
            assert thing["$ref"].startswith("#/"), thing
            for name in thing["$ref"][2:].split("/"):
                place = place[name]
            thing = place
        return thing

    def operation(self, method, path):
        """None when the document has none: then there is nothing there."""
        found = [operation for operation in self.operations if operation.method == method and operation.is_at(path)]
        assert len(found) <= 1, found
        return found[0] if found else None

    def parameters(self, operation):
        return [self.resolve(parameter) for parameter in operation.description.get("parameters", [])]

    def request_schema(self, operation):
        body = operation.description.get("requestBody")
        return body and body["content"]["application/json"]["schema"]

    def types(self, operation, status):
        return self.resolve(operation.description["responses"][str(status)])["content"]

    # --- answers ------------------------------------------------------------------------------------------------

    def check_answer(self, method, path, answer):
        """`path`: with its query. Anything that the document does not say is a failure."""
        operation = self.operation("GET" if method == "HEAD" else method, path.partition("?")[0])
        if operation is None:
            assert answer.status in ((204, 404) if method == "OPTIONS" else (404, 405, 501)), (method, path, answer)
            if answer.status != 204:
                self.check({"$ref": "#/components/schemas/Problem"}, answer.json, f"{method} {path}")
            return
        where = f"{operation.id} {answer.status}"
        assert answer.status in operation.statuses, f"{where} is not documented: {answer}"
        response = self.resolve(operation.description["responses"][str(answer.status)])
        assert answer.type in response["content"], f"{where} has the type {answer.type}"
        for name, header in response.get("headers", {}).items():
            value = answer.fields.get(name)
            assert value is not None, f"{where} has no {name}"
            self.check(header["schema"], int(value) if header["schema"]["type"] == "integer" else value, f"{where} {name}")
        if method == "HEAD":
            return
        value = answer.json if answer.type.endswith("json") else answer.text
        self.check(response["content"][answer.type]["schema"], value, where)
        if answer.type.endswith("problem+json"):
            assert value["status"] == answer.status, where
        self.seen.add((operation.id, answer.status, answer.type))

    # --- schemas ------------------------------------------------------------------------------------------------

    def check(self, schema, value, where):
        wrong = self.problem_with(schema, value)
        assert wrong is None, f"{where}: {wrong}"

    def problem_with(self, schema, value, at="$"):
        """The first thing that is wrong with `value`, or None."""
        if schema is True or schema is False:
            return None if schema else f"{at} must not be there"
        schema = self.resolve(schema)
        if "type" in schema and not TYPES[schema["type"]](value):
            return f"{at} is no {schema['type']}: {value!r}"
        if "const" in schema and (value != schema["const"] or type(value) is not type(schema["const"])):
            return f"{at} is not {schema['const']!r}: {value!r}"
        if "oneOf" in schema:
            fitting = sum(self.problem_with(one, value, at) is None for one in schema["oneOf"])
            if fitting != 1:
                return f"{at} fits {fitting} of oneOf: {value!r}"
        if "anyOf" in schema and all(self.problem_with(one, value, at) for one in schema["anyOf"]):
            return f"{at} fits none of anyOf: {value!r}"
        if isinstance(value, dict):
            return self._problem_with_members(schema, value, at)
        if isinstance(value, list):
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                return f"{at} has {len(value)} items"
            found = (self.problem_with(schema.get("items", True), item, f"{at}[{i}]") for i, item in enumerate(value))
            return next((problem for problem in found if problem), None)
        if isinstance(value, str):
            if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
                return f"{at} has {len(value)} characters"
            if "pattern" in schema and not re.search(schema["pattern"], value):
                return f"{at} does not match {schema['pattern']}: {value!r}"
        elif TYPES["integer"](value) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            return f"{at} is out of bounds: {value}"
        return None

    def _problem_with_members(self, schema, value, at):
        missing = [name for name in schema.get("required", []) if name not in value]
        if missing:
            return f"{at} has no {missing[0]}: {value!r}"
        if len(value) > schema.get("maxProperties", len(value)):
            return f"{at} has {len(value)} members"
        for name, member in value.items():
            known = schema.get("properties", {})
            problem = self.problem_with(known.get(name, schema.get("additionalProperties", True)), member, f"{at}.{name}")
            if problem:
                return problem
        return None

    def _check_keywords_of_all(self, thing):
        """Every schema that stands anywhere in the document."""
        if isinstance(thing, list):
            for item in thing:
                self._check_keywords_of_all(item)
        elif isinstance(thing, dict):
            for name, value in thing.items():
                if name == "schemas":
                    for schema in value.values():
                        self._check_keywords(schema)
                elif name == "schema":
                    self._check_keywords(value)
                else:
                    self._check_keywords_of_all(value)

    def _check_keywords(self, schema):
        if isinstance(schema, bool):
            return
        unknown = set(schema) - KEYWORDS
        assert not unknown, f"the checker does not know {unknown} in {schema}"
        assert schema.get("type", "object") in TYPES, schema
        self.resolve(schema)
        inner = list(schema.get("properties", {}).values()) + schema.get("oneOf", []) + schema.get("anyOf", [])
        inner += [schema[name] for name in ("items", "additionalProperties") if name in schema]
        for one in inner:
            self._check_keywords(one)
