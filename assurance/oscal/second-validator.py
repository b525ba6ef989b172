"""The same documents before another validator: Debian's python3-jsonschema.

Usage: second-validator.py SCHEMA.json.gz FILE.json...
Prints one line of JSON for each file: {"file": ..., "errors": [...]}. Python's own `re` does not know \\p{L}, which
OSCAL's tokens are made of, so patterns are matched with python3-regex.
"""

import gzip
import json
import sys

import jsonschema
import regex


def pattern(validator, patrn, instance, schema):
    if validator.is_type(instance, "string") and not regex.search(patrn, instance):
        yield jsonschema.ValidationError(f"{instance[:80]!r} does not match {patrn[:80]!r}")


def main():
    with gzip.open(sys.argv[1]) as packed:
        schema = json.load(packed)
    strict = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": pattern})
    validator = strict(schema, format_checker=jsonschema.FormatChecker())
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            document = json.load(file)
        model = next(iter(document), None)
        errors = []
        for error in validator.iter_errors(document):
            # One choice of all models: what is said about the one that is meant is what helps.
            deep = [each for each in error.context or [error] if model not in str(each.message)[:40]]
            errors += [f"{'/'.join(map(str, each.absolute_path))}: {each.message[:300]}" for each in deep[:20]]
        print(json.dumps({"file": name, "errors": errors}))


main()
