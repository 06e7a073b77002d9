"""The base of every model. One rule: *attributes are Python, subscripts are JSON*."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, get_args, get_origin

from pydantic import (
    VERSION,
    BaseModel,
    ConfigDict,
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import SchemaSerializer, core_schema, from_json, to_jsonable_python
from typing_extensions import Self, Unpack

from .fork import ForkSafeLock
from .plain import given, is_ours, plain, plain_fields, serialized

if TYPE_CHECKING:
    from inspect import Signature

    from pydantic.fields import FieldInfo

    from . import http as exchange
    from .http import HttpInfo
else:
    from .hints import http as exchange

M = TypeVar("M", bound="Model")
Source = Literal["docs", "official SDK", "undocumented"]
"""Where the shape of a model is known from."""
_ABSENT: Any = object()
_SLOTS = ("_http", "_wire", "_salvaged")
_DECLARED = ("annotation", "default", "default_factory", "alias", "serialization_alias")
# While older releases of pydantic build a model, other threads find what the base class has. There, all models are
# built when they are defined.
DEFER_BUILD = not VERSION.startswith(("2.9.", "2.10.")) and VERSION not in {f"2.11.{patch}" for patch in range(5)}
_building = ForkSafeLock()


class Wire:
    """The JSON text of one response, parsed when the first subscript asks for it and shared by all its parts."""

    __slots__ = ("_parsed", "_raw")

    def __init__(self, raw: bytes | str) -> None:
        self._raw: bytes | str = raw
        self._parsed: Any = _ABSENT

    @property
    def parsed(self) -> Any:
        if self._parsed is _ABSENT:
            self._parsed = from_json(self._raw, allow_inf_nan=False)
        return self._parsed

    def __getstate__(self) -> bytes | str:
        return self._raw

    def __setstate__(self, raw: bytes | str) -> None:
        self._raw = raw
        self._parsed = _ABSENT


if TYPE_CHECKING:
    JsonObject = Mapping[str, Any]
else:

    class JsonObject:
        """What a mapping can do, for a class that need not be a subclass of Mapping.

        Tools that ask for subclasses take a mapping for JSON: the command line of pydantic-settings, for one, would
        offer no options for the fields of a request. So answers are registered as mappings, and requests are not.
        """

        __slots__ = ()

        def keys(self) -> KeysView[str]:
            return KeysView(self)

        def values(self) -> ValuesView[object]:
            return ValuesView(self)

        def items(self) -> ItemsView[str, object]:
            return ItemsView(self)

        def get(self, key: str, default: object = None) -> object:
            try:
                return self[key]
            except KeyError:
                return default


class Model(BaseModel, JsonObject):
    """A validated object of the API: ``obj.field`` is typed Python, ``obj["field"]`` is the JSON value.

    Every model is also a read-only mapping over the JSON object it came from, key for key as the server
    sent it, so code written for plain dicts keeps working: ``obj["x"]``, ``obj.get("x")``, ``dict(obj)``,
    ``{**obj}``, ``obj == {...}`` and ``match obj: case {"x": x}``. Unlike a dict, it is always true.
    Fields the server adds later are kept, as attributes and as subscripts.
    """

    # Slots instead of pydantic's private attributes, which would double the time of a validation.
    __slots__ = _SLOTS
    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        frozen=True,
        populate_by_name=True,
        allow_inf_nan=False,
        protected_namespaces=(),
        defer_build=DEFER_BUILD,
    )
    if TYPE_CHECKING:
        _http: HttpInfo = PrivateAttr()
        _wire: tuple[Wire, tuple[str | int, ...]] = PrivateAttr()
        _salvaged: bool = PrivateAttr()

    __source__: ClassVar[Source] = "undocumented"
    """Where the shape is known from: ``class Reply(Model, source="docs")``. The docstring repeats it for editors."""

    def __init_subclass__(cls, *, source: Source | None = None, **config: Unpack[ConfigDict]) -> None:
        super().__init_subclass__(**config)
        if source is not None:
            cls.__source__ = source

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        # The class is deferred by now. A TypeAdapter must not be, since FastAPI silences pydantic's warning about
        # what it makes only while it makes it.
        if cls.__module__ != __name__:
            cls.model_config["defer_build"] = False
            if not issubclass(cls, RequestModel):
                Mapping.register(cls)  # pyright: ignore[reportAttributeAccessIssue]
        _sign(cls)

    @classmethod
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Any = None,
    ) -> bool | None:
        """Build the validator as pydantic does, in one thread at a time: pydantic up to 2.13 is not thread-safe."""
        with _building:
            built = super().model_rebuild(
                force=force,
                raise_errors=raise_errors,
                _parent_namespace_depth=_parent_namespace_depth + 1,
                _types_namespace=_types_namespace,
            )
            _sign(cls)
        return built

    @property
    def http(self) -> exchange.HttpInfo | None:
        """Status, request id, rate limit, headers and retries of the response; None on a part or a hand-built model."""
        return _slot(self, "_http")  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: for a response the one the server sent, else what would be sent."""
        wire = _slot(self, "_wire")
        if wire is None:
            if is_ours(type(self)):
                return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
            return serialized(self)  # type: ignore[no-any-return]
        value = wire[0].parsed
        for key in wire[1]:
            value = value[key]
        if not isinstance(value, dict):  # an event that nobody knows may be no object
            return self.model_dump(by_alias=True, exclude_unset=True)
        return value

    def __getitem__(self, key: str) -> Any:
        return self.to_dict()[key]

    def __len__(self) -> int:
        return len(self.to_dict())

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self.to_dict())

    def __contains__(self, key: object) -> bool:
        return key in self.to_dict()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Mapping) and not isinstance(other, BaseModel):
            return self.to_dict() == other
        return BaseModel.__eq__(self, other)

    @model_serializer(mode="wrap")
    def _serialize(self, dump: SerializerFunctionWrapHandler, info: SerializationInfo):  # type: ignore[no-untyped-def]
        """As JSON: what the server sent, but for what was changed since; of a hand-built model what was set."""
        # Without a return type: pydantic would take it for the schema of what comes out.
        if not isinstance(self, Model):  # in a model that was built without validation anything may stand here
            return dump(self)
        values = _untyped(self, info) if _slot(self, "_salvaged") else dump(self)
        if info.mode != "json":
            return values
        by_name = not (self.model_config.get("serialize_by_alias") if info.by_alias is None else info.by_alias)
        for name, key in () if info.exclude_unset else _may_be_absent(type(self)):
            if name not in self.__pydantic_fields_set__:
                values.pop(name if by_name else key, None)
        if _slot(self, "_wire") is not None:
            return _as_sent(values, self.to_dict())
        for name, key in _timestamps(type(self)):
            value, key = getattr(self, name, None), name if by_name else key
            if isinstance(value, datetime) and values.get(key) == to_jsonable_python(value):
                values[key] = _as_the_api_writes(value) or values[key]
        return values

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "slots": {name: _slot(self, name) for name in _SLOTS}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        slots = state.pop("slots", {})
        super().__setstate__(state)
        _fill(self, **slots)

    def __copy__(self) -> Self:
        return _fill(super().__copy__(), **{name: _slot(self, name) for name in _SLOTS})

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        # The exchange and its text never change, so the copies may share them.
        return _fill(super().__deepcopy__(memo), **{name: _slot(self, name) for name in _SLOTS})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Pydantic's ``model_copy``; with ``update`` the subscripts follow the new values."""
        copied = super().model_copy(update=update, deep=deep)
        if update and _slot(copied, "_wire") is not None:
            object.__delattr__(copied, "_wire")
        return copied


class _Signature:
    """The signature of a model: its known fields; any keyword only where no field is known.

    Pydantic's own signature ends in ``**extra_data``, which FastAPI's ``Depends()`` takes for a required parameter.
    """

    __slots__ = ("_made",)

    def __init__(self, made: Any) -> None:
        self._made = made
        """Pydantic's descriptor; None while the build of the model is deferred."""

    def __get__(self, instance: object, owner: type[Model]) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        if self._made is None:
            owner.model_rebuild()
            return owner.__signature__
        signature: Signature = self._made.__get__(None, owner)
        known = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        return signature.replace(parameters=known) if known else signature


def _sign(model: type[Model]) -> None:
    """Put a signature of our kind in the place of pydantic's."""
    made = model.__dict__.get("__signature__")
    if not isinstance(made, _Signature):
        model.__signature__ = _Signature(made)  # type: ignore[assignment]


class RequestModel(Model):
    """A body or query: validated before anything is sent; only what was set is sent, an explicit None as null.

    The fields that a subclass of yours declares are sent with their defaults, but for a None that nobody set.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=False, validate_assignment=True, ser_json_inf_nan="constants"
    )
    selectors: ClassVar[tuple[str, ...]] = ()
    """Fields that a method takes as keywords of its own, since they choose its return type."""

    @model_validator(mode="before")
    @classmethod
    def _as_plain_json(cls, data: Any) -> Any:
        # What cannot be sent is refused here, so that a model and a call refuse the same.
        if isinstance(data, BaseModel):
            data = given(data)
        return plain_fields(data, _added(cls)) if isinstance(data, (dict, Mapping)) else data

    def __setattr__(self, name: str, value: Any) -> None:
        cls = type(self)
        as_given = name.startswith("_") or hasattr(cls, name) or name in _added(cls)  # private, a property, a caller's
        super().__setattr__(name, value if as_given else plain(value, name))


class OpenRequest(RequestModel):
    """A body or query of which no key is public, so that it takes any."""

    if TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None: ...


def ready(model: type[M]) -> type[M]:
    """Return the model with its validator built, and those of the models inside it."""
    if not model.__pydantic_complete__:
        # The inner models first: a user holds them too, as the parts of an answer.
        for _, _, info in json_fields(model):
            for inner in models_in(info.annotation):
                ready(inner)
        model.model_rebuild()
    return model


# The slots themselves: an event is bound for each word of a reply, and a frozen model's own __setattr__ refuses.
set_http: Callable[[Model, HttpInfo | None], None] = Model.__dict__["_http"].__set__
_set_wire: Callable[[Model, tuple[Wire, tuple[str | int, ...]]], None] = Model.__dict__["_wire"].__set__


def mark_salvaged(model: Model) -> None:
    """Note that values of a model may not fit their fields."""
    object.__setattr__(model, "_salvaged", True)


def from_wire(model: type[M], text: bytes | str) -> M:
    """A model validated straight from JSON text, which its subscripts then show.

    Raises:
        pydantic.ValidationError: The text is not JSON, or does not fit the model.
        ValueError: It holds NaN or Infinity, which are not JSON.
    """
    made: M = ready(model).__pydantic_validator__.validate_json(text)
    refuse_nan(text)
    bind(made, Wire(text))
    return made


def wire_text(model: Model) -> str | None:
    """The JSON text that a whole answer or event came as; None of a hand-built one."""
    wire: tuple[Wire, tuple[str | int, ...]] | None = _slot(model, "_wire")
    if wire is None or wire[1]:
        return None
    text = wire[0].__getstate__()
    return text if isinstance(text, str) else text.decode()


def refuse_nan(text: bytes | str) -> None:
    """Raise ValueError where JSON text holds NaN or Infinity."""
    # Searching costs nothing; parsing again only happens where a word looks like one.
    if isinstance(text, bytes):
        if b"NaN" not in text and b"Infinity" not in text:
            return
    elif "NaN" not in text and "Infinity" not in text:
        return
    from_json(text, allow_inf_nan=False)


def bind(model: Model, wire: Wire, path: tuple[str | int, ...] = ()) -> None:
    """Tell a validated response, and every model inside it, which JSON text it came from."""
    _set_wire(model, (wire, path))
    if _nested(type(model)):  # an event for each word of a reply has none
        for part, steps in parts(model):
            bind(part, wire, (*path, *steps))


def parts(model: Model) -> Iterator[tuple[Model, tuple[str | int, ...]]]:
    """The models in the fields of a model, each with its way there in the JSON."""
    for name, key in _nested(type(model)):
        value = getattr(model, name, None)
        if isinstance(value, Model):
            yield value, (key,)
        elif isinstance(value, list):
            items: list[Any] = value
            for index, item in enumerate(items):
                if isinstance(item, Model):
                    yield item, (key, index)


@cache
def _nested(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """(attribute, JSON key) of the fields that may hold models."""
    return tuple((name, key) for name, key, info in json_fields(model) if any(models_in(info.annotation)))


@cache
def _may_be_absent(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """(attribute, JSON key) of the fields that JSON leaves out unless they were set; a constant, as ``type``, stays."""
    return tuple(
        (name, key)
        for name, key, info in _our_fields(model)
        if not info.is_required() and get_origin(info.annotation) is not Literal
    )


@cache
def _timestamps(model: type[Model]) -> tuple[tuple[str, str], ...]:
    return tuple((name, key) for name, key, info in _our_fields(model) if "datetime" in repr(info.annotation).lower())


def _our_fields(model: type[Model]) -> list[tuple[str, str, FieldInfo]]:
    """Return the fields that the API's own model declares; those of a caller's subclass are dumped by pydantic."""
    added = _added(model)
    return [(name, key, info) for name, key, info in json_fields(_own_base(model)) if name not in added]


@cache
def _added(model: type[Model]) -> frozenset[str]:
    """Return the names and aliases of the fields that a caller's subclass declares or validates, as it sees fit."""
    own = _own_base(model).model_fields
    validators = model.__pydantic_decorators__.field_validators.values()
    names = {name for validator in validators for name in validator.info.fields}
    for name, info in model.model_fields.items():
        if name not in own or any(getattr(info, part) != getattr(own[name], part) for part in _DECLARED):
            names |= {name, *(alias for alias in (info.alias, info.validation_alias) if isinstance(alias, str))}
    return frozenset(names)


def _own_base(model: type[Model]) -> type[Model]:
    return next(base for base in model.__mro__ if is_ours(base))


_DUMP_OPTIONS = (
    *("mode", "context", "round_trip", "by_alias", "include", "exclude"),
    *("exclude_unset", "exclude_defaults", "exclude_none"),
)


def _untyped(model: Model, info: SerializationInfo) -> dict[str, Any]:
    """Dump each value as what it is: where it does not fit its field, pydantic's warning would quote it."""
    kept = {**model.__dict__, **(model.__pydantic_extra__ or {})}
    if info.exclude_unset:
        kept = {name: value for name, value in kept.items() if name in model.__pydantic_fields_set__}
    if info.exclude_defaults:
        defaults = {name: field.default for name, field in type(model).model_fields.items()}
        kept = {name: value for name, value in kept.items() if name not in defaults or value != defaults[name]}
    if info.exclude_none:
        kept = {name: value for name, value in kept.items() if value is not None}
    options: dict[str, Any] = {name: getattr(info, name) for name in _DUMP_OPTIONS}
    return _any_value().to_python(kept, **options)  # type: ignore[no-any-return]


@cache
def _any_value() -> SchemaSerializer:
    return SchemaSerializer(core_schema.any_schema())


def _as_sent(values: dict[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Dumped values in the server's order, and its own text for what cannot have changed since: 1 for 1.0, say."""
    order = [key for key in sent if key in values]
    return {
        key: sent[key] if _is_plain(values[key]) and _is_plain(sent.get(key, [])) else values[key]
        for key in dict.fromkeys([*order, *values])
    }


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def json_fields(model: type[Model]) -> list[tuple[str, str, FieldInfo]]:
    """(attribute, JSON key, definition) of each declared field."""
    return [(name, info.serialization_alias or name, info) for name, info in model.model_fields.items()]


def _as_the_api_writes(value: Any) -> str | None:
    """An instant of UTC with its milliseconds, which pydantic would cut off where they are 0."""
    if isinstance(value, datetime) and value.utcoffset() == timedelta(0) and value.microsecond % 1000 == 0:
        return value.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    return None


def _slot(model: Model, name: str) -> Any:
    # Asked of the slot itself: a missing attribute would go through pydantic's slow __getattr__.
    try:
        return object.__getattribute__(model, name)
    except AttributeError:
        return None


def _fill(model: M, **slots: Any) -> M:
    for name, value in slots.items():
        if value is not None:
            object.__setattr__(model, name, value)
    return model


def models_in(annotation: Any) -> Iterator[type[Model]]:
    """The models that an annotation names."""
    # On Python 3.10 list[str] is a type too.
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, Model):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)
