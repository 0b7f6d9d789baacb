"""lab.yaml → Config, with every mistake at once; and its JSON Schema. The only import of pydantic.

pydantic reads models that are made here from the values' own fields, so that the values need no pydantic. Its own
wording never reaches a person: `_why` says each mistake in plain words.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from types import GenericAlias, NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import pydantic
from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    PlainValidator,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from bot.config.document import Document, Group, Where, parse
from bot.config.references import check_references
from bot.config.scalars import scalar, written
from bot.config.secrets import HEARTBEAT, SECOND_CHANNEL
from bot.config.values import Check, Config, ConfigError, Guest, Host, Service, Ups
from bot.core.nearest import did_you_mean
from bot.core.permit import Person

_NAMED = (Person, Host, Ups, Guest, Service, Check)  # each stands in the file under its name
_ADDRESS_OF = {"heartbeat": HEARTBEAT, "second_channel": SECOND_CHANNEL}
_NOT_WRITTEN = {(Config, "path"), (Check, "params"), *((kind, "name") for kind in _NAMED)}


def read(path: Path, probes: Mapping[str, type[Any]], env: Mapping[str, str]) -> Config:
    """See `bot.config.load`."""
    folder = path.absolute().parent
    document = parse(_text_of(path))
    make = _validated(document, _Shapes(folder, probes, document))
    check_references(document)
    if document.mistakes:
        ordered = sorted(document.mistakes, key=lambda mistake: (mistake.line, str(mistake)))
        raise ConfigError("\n".join(f"{path}:{mistake.line}: {mistake}" for mistake in ordered))
    config = make(path=path)
    data = Path(env["CARETAKER_DATA"]).absolute() if env.get("CARETAKER_DATA") else folder / config.data
    beside = folder / "runbooks"
    if config.runbooks.folder is None and beside.is_dir():
        config = replace(config, runbooks=replace(config.runbooks, folder=beside))
    return replace(config, data=data)


def json_schema(probes: Mapping[str, type[Any]]) -> dict[str, Any]:
    """See `bot.config.schema`."""
    shape = _Shapes(Path(), probes, Document()).of(Config, {})
    found = TypeAdapter(shape).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "Caretaker's lab.yaml"}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"cannot read {path}: because it does not exist; copy lab.example.yaml") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: because the system says: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"cannot read {path}: because it is not UTF-8 text (byte {error.start})") from error


def _validated(document: Document, shapes: "_Shapes") -> Callable[..., Config]:
    """What makes the Config once it is told its path. Not to be called where the document has mistakes."""
    if document.data is None:
        return Config
    try:
        make: Callable[..., Config] = TypeAdapter(shapes.of(Config, {})).validate_python(document.data)
    except pydantic.ValidationError as errors:
        for error in errors.errors(include_url=False):
            where = _where(error)
            if not document.is_wrong(where):
                document.wrong(where, _in_environment(where) or _why(error, empty=where in document.lines))
        return Config
    return make


class _Shapes:
    """Makes what pydantic reads from what the values are. Unknown keys are noted in `document` as they are met."""

    def __init__(self, folder: Path, probes: Mapping[str, type[Any]], document: Document) -> None:
        self.folder = folder
        self.probes = probes
        self.document = document
        self._checks: Any = None  # made once: hosts, guests and services share it

    def of(self, want: Any, rules: Mapping[str, Any]) -> Any:
        """The annotation that reads a `want`, under the rules of the field that holds it."""
        inner = [arg for arg in get_args(want) if arg not in (NoneType, ...)]
        if NoneType in get_args(want):
            return self.of(inner[0], rules) | None
        if get_origin(want) is tuple:
            return self._several(inner[0], rules)
        if get_origin(want) is Mapping:
            return Annotated[self._group_of(inner[1], rules), AfterValidator(_give_names)]
        if want is Check:
            self._checks = self._checks or _ByProbe({name: self._check(name) for name in self.probes})
            return Annotated[Any, self._checks]
        if isinstance(want, type) and is_dataclass(want):
            return Annotated[self._record(str(want.__name__), want), AfterValidator(partial(_made, want))]
        how = scalar(want, rules, self.folder)
        return Annotated[
            want, PlainValidator(partial(_scalar, how.read, how.words)), WithJsonSchema({**how.schema})
        ]

    def _group_of(self, item: Any, rules: Mapping[str, Any]) -> Any:
        return GenericAlias(dict, (str, self.of(item, rules)))

    def _several(self, item: Any, rules: Mapping[str, Any]) -> Any:
        """A tuple: of named things, written as a group; of scalars, written as a list, or one alone."""
        if item in _NAMED:
            values = AfterValidator(lambda group: tuple(_give_names(group).values()))
            return Annotated[self._group_of(item, rules), values]
        one = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
        alone = {**scalar(item, rules, self.folder).schema}
        either = WithJsonSchema({"anyOf": [alone, {"type": "array", "items": alone}]})
        return Annotated[GenericAlias(tuple, (self.of(item, rules), ...)), one, either]

    def _check(self, probe: str) -> Any:
        """A check with this probe: Check's own fields and, beside them, the probe's parameters."""
        params = self.probes[probe]
        own = {item.name for item in fields(Check) if (Check, item.name) not in _NOT_WRITTEN}
        if clash := own & {item.name for item in fields(params)}:
            raise TypeError(f"cannot take the parameters of {probe!r}: because every check has its own {clash}")

        def make(model: pydantic.BaseModel) -> Callable[..., Check]:
            given = dict(model)
            kept = {name: given.pop(name) for name in own}
            return partial(Check, **kept, params=params(**given))

        return Annotated[
            self._record(f"Check by {probe}", Check, params, probe=(Literal[probe], ...)), AfterValidator(make)
        ]

    def _record(self, title: str, *kinds: Any, **instead: Any) -> Any:
        """A model with those fields of `kinds` that a file may set; `instead` replaces some."""
        both = [(kind, item) for kind in kinds for item in fields(kind) if (kind, item.name) not in _NOT_WRITTEN]
        shape: dict[str, Any] = {item.name: self._field(kind, item) for kind, item in both} | instead
        config = pydantic.ConfigDict(extra="forbid", protected_namespaces=())
        model = pydantic.create_model(title, __config__=config, **shape)
        return Annotated[model, BeforeValidator(partial(self._known, shape.keys()))]

    def _field(self, kind: type[Any], item: Field[Any]) -> tuple[Any, Any]:
        """A field's annotation, and its default and help."""
        info: dict[str, Any] = {"description": item.metadata.get("help")}
        if item.default_factory is not MISSING:
            info["default_factory"] = item.default_factory
        elif item.default is not MISSING:  # a factory, too: pydantic would write times its own way into the schema
            info["default_factory"] = lambda: item.default
        if written(item.default) not in (None, ""):
            info["json_schema_extra"] = {"default": written(item.default)}
        return self.of(get_type_hints(kind)[item.name], item.metadata), pydantic.Field(**info)

    def _known(self, known: Any, raw: Any) -> Any:
        """Note the keys that are not known here, with the nearest that is, and go on without them."""
        if not isinstance(raw, Group):
            return raw
        for key in raw.keys() - known:
            where = (*raw.where, key)
            self.document.wrong(where, _in_environment(where) or f"{key!r} is not known here{_hint(key, known)}")
        return {key: value for key, value in raw.items() if key in known}


class _ByProbe:
    """Reads a check by the model of the probe it names: a discriminated union, also of one probe only."""

    def __init__(self, models: Mapping[str, Any]) -> None:
        self.models = models

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {name: handler.generate_schema(model) for name, model in self.models.items()}
        return core_schema.tagged_union_schema(choices, discriminator="probe")


def _made(kind: Any, model: pydantic.BaseModel) -> Any:
    """A value; or, where it must be told its name or path first, what makes it then."""
    needs_more = kind in _NAMED or kind is Config
    return partial(kind, **dict(model)) if needs_more else kind(**dict(model))


def _give_names(group: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: made(name=name) if isinstance(made, partial) else made for name, made in group.items()}


def _scalar(read_text: Callable[[str], Any], words: str, raw: Any) -> Any:
    """Read one text. Raises ValueError (the one exception pydantic collects) in words for a person."""
    if isinstance(raw, str):
        try:
            return read_text(raw)
        except ValueError:
            pass  # said below, as for a list or a group
    raise ValueError(f"{_spelt(raw)} is not {words}")


def _where(error: ErrorDetails) -> Where:
    """The place of a mistake. In checks pydantic adds the probe as if it were a key: hosts.x.checks.y.tcp.port."""
    where = error["loc"]
    return where[:4] + where[5:] if where[2:3] == ("checks",) else where


def _why(error: ErrorDetails, *, empty: bool) -> str:
    """A mistake in plain words. `empty`: its key was written, without a value."""
    raw, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return "it is empty (a # starts a comment, unless quoted)" if empty else "it is missing"
        case "union_tag_not_found" if isinstance(raw, Mapping):
            return "it does not say what looks: add probe: and the name of one"
        case "union_tag_invalid":
            known = [name.strip("'") for name in context["expected_tags"].split(", ")]
            probe, of_web = context["tag"], {"http", "https"}
            hint = "; a web server takes 'tcp' for now" if probe in of_web and of_web.isdisjoint(known) else ""
            return f"{probe!r} is not a probe{hint or _hint(probe, known)}"
    if error["type"] != "tuple_type" and isinstance(raw, list):
        return "this must be lines of `name:`, indented, and not a list"
    wanted = "a list" if error["type"] == "tuple_type" else "a group of settings (indented lines of key: value)"
    return f"{_spelt(raw)} is not {wanted}"


def _in_environment(where: Where) -> str | None:
    """Where an address belongs that was written for `heartbeat` or `second_channel`, if this is one."""
    variable = _ADDRESS_OF.get(str(where[0])) if where else None
    if variable and (len(where) == 1 or re.search("ur[il]|address", str(where[1]))):
        return (
            f"its address is a secret and does not belong in this file; put it into the environment ({variable}) "
            f"or into a file named there ({variable}_FILE)"
        )
    return None


def _spelt(raw: Any) -> str:
    """What was written, for a sentence: a text is quoted, the rest is named."""
    if isinstance(raw, Mapping):
        return "a group"
    return "a list" if isinstance(raw, list) else repr(raw)


def _hint(word: str, known: Any) -> str:
    """The nearest known word; where none is near, all of them."""
    return did_you_mean(word, known) or f" (known here: {', '.join(sorted(known))})"
