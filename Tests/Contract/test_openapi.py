"""The document by itself: it is valid OpenAPI 3.1, and what it shows as examples is what it describes."""

import copy
import pathlib
import re

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
DOCUMENT = yaml.safe_load(TEXT)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
EXAMPLE_KEY = "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"
# They are shown by themselves: this document, the page about it, and bytes.
SHOW_THEMSELVES = {"application/yaml", "text/html", "application/octet-stream"}


def resolve(node, document=DOCUMENT):
    while "$ref" in node:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield pytest.param(path, method, item[method], id=item[method]["operationId"])


def examples():
    """Every example with the schema that it has to satisfy."""
    for path, item in DOCUMENT["paths"].items():
        for operation in (item[method] for method in METHODS if method in item):
            name = operation["operationId"]
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                yield from of_content(f"{name} request {media}", content)
            for status, response in operation["responses"].items():
                for media, content in resolve(response).get("content", {}).items():
                    yield from of_content(f"{name} {status} {media}", content)
            for parameter in map(resolve, item.get("parameters", []) + operation.get("parameters", [])):
                if "example" in parameter:
                    yield pytest.param(parameter["schema"], parameter["example"], id=f"{name} {parameter['name']}")
                for index, example in enumerate(parameter["schema"].get("examples", [])):
                    yield pytest.param(parameter["schema"], example, id=f"{name} {parameter['name']} {index}")
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for index, example in enumerate(schema.get("examples", [])):
            yield pytest.param(schema, example, id=f"{name} {index}")


def of_content(name, content):
    if "example" in content:
        yield pytest.param(content["schema"], content["example"], id=name)
    for label, example in content.get("examples", {}).items():
        yield pytest.param(content["schema"], example["value"], id=f"{name} {label}")


def places(document):
    """What has to be shown by an example, each once: parameters, and bodies of requests and answers."""
    found = {}
    for path, item in document["paths"].items():
        for method in (method for method in METHODS if method in item):
            operation = item[method]
            name = operation["operationId"]
            for parameter in item.get("parameters", []) + operation.get("parameters", []):
                resolved = resolve(parameter, document)
                found[parameter.get("$ref") or f"{name} {resolved['name']}"] = resolved
            bodies = {"request": operation["requestBody"]} if "requestBody" in operation else {}
            for title, body in {**bodies, **operation["responses"]}.items():
                for media, content in resolve(body, document).get("content", {}).items():
                    if media not in SHOW_THEMSELVES:
                        found[f"{body.get('$ref') or f'{name} {title}'} {media}"] = content
    return found


def shown(place, document):
    """Whether there is an example, here or in the schema by itself."""
    return "example" in place or bool(place.get("examples")) or bool(resolve(place["schema"], document).get("examples"))


def without_example(document):
    return [name for name, place in places(document).items() if not shown(place, document)]


# threats: OAP-02
def test_the_document_is_valid_openapi():
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1.")


@pytest.mark.parametrize(("schema", "example"), list(examples()))
def test_an_example_satisfies_its_schema(schema, example):
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    assert [error.message for error in validator.iter_errors(example)] == []


def test_every_parameter_and_every_body_has_an_example():
    assert without_example(DOCUMENT) == []


@pytest.mark.parametrize("name", places(DOCUMENT))
def test_an_example_that_is_taken_away_is_missed(name):
    document = copy.deepcopy(DOCUMENT)
    place = places(document)[name]
    for holder in (place, resolve(place["schema"], document)):
        holder.pop("example", None)
        holder.pop("examples", None)
    assert name in without_example(document)


def test_the_only_api_key_in_the_document_is_the_documented_example():
    assert set(re.findall(r"\btbk_[0-9A-Za-z]{36}\b", TEXT)) == {EXAMPLE_KEY}


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()))
def test_an_operation_is_described_in_full(path, method, operation):
    assert operation["summary"] and operation["description"]
    assert len(operation["tags"]) == 1
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert "security" in operation
    parameters = [resolve(p) for p in DOCUMENT["paths"][path].get("parameters", []) + operation.get("parameters", [])]
    assert {p["name"] for p in parameters if p["in"] == "path"} == set(re.findall(r"\{(\w+)\}", path))
    assert all(p.get("description") for p in parameters)
    expected = {"400", "408", "413", "414", "431", "503"}
    if path.startswith("/admin/"):
        expected |= {"401", "403", "421"}
    if "{" in path:
        expected |= {"404"}
    if "requestBody" in operation and path.startswith("/admin/"):
        expected |= {"415"}
    assert expected <= set(operation["responses"])


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()))
def test_every_401_has_a_challenge_and_every_503_says_when_to_try_again(path, method, operation):
    for status, header in (("401", "WWW-Authenticate"), ("503", "Retry-After")):
        if status in operation["responses"]:
            headers = resolve(operation["responses"][status])["headers"]
            assert resolve(headers[header])["required"]


def test_operation_ids_are_unique():
    names = [parameter.values[2]["operationId"] for parameter in operations()]
    assert len(names) == len(set(names))


def test_everything_in_components_is_used():
    used = set(re.findall(r"#/components/[A-Za-z]+/[A-Za-z0-9]+", TEXT))
    schemes = {name for p in operations() for entry in p.values[2]["security"] for name in entry}
    for room, things in DOCUMENT["components"].items():
        for name in things:
            assert name in schemes if room == "securitySchemes" else f"#/components/{room}/{name}" in used, name
