"""The base classes of all models: attributes are Python values, subscripts are JSON values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

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
from pydantic_core import PydanticSerializationError, SchemaSerializer, to_jsonable_python
from typing_extensions import Self, Unpack

from .by_class import ByClass
from .fields import caller_fields, has_plain_keys, optional_fields, timestamp_fields
from .foreign import serialize_model
from .fork import ForkSafeLock
from .mapping import JsonObject
from .plain import is_ours, request_values, to_plain, to_plain_fields
from .serialize import as_sent, bare_serializer, dump_without_types, is_unchanged, timestamp_text
from .signature import replace_signature

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

    from . import http as exchange
    from .http import HttpInfo
    from .json_text import JsonText
else:
    from .hints import http as exchange

M = TypeVar("M", bound="Model")
Source = Literal["docs", "official SDK", "undocumented"]
"""Where the shape of a model is known from."""
_SLOTS = ("_http", "_wire", "_path", "_salvaged")
# In these releases of pydantic, a thread can find the base class's validator while another thread builds the model.
# With them, models are built when they are defined.
DEFER_BUILD = not VERSION.startswith(("2.9.", "2.10.")) and VERSION not in {f"2.11.{patch}" for patch in range(5)}
_build_lock = ForkSafeLock()


class Model(BaseModel, JsonObject):
    """A validated object of the API: ``obj.field`` is a typed Python value, ``obj["field"]`` is the JSON value.

    Every model is also a read-only mapping of the JSON object that the server sent. Code for plain dicts works:
    ``obj["x"]``, ``obj.get("x")``, ``dict(obj)``, ``{**obj}``, ``obj == {...}`` and ``match obj: case {"x": x}``.
    Unlike an empty dict, a model is always true. Fields that this version does not know are kept, as attributes
    and as subscripts.
    """

    # Pydantic's private attributes would double the time of a validation; slots cost nothing.
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
        _wire: JsonText = PrivateAttr()
        _path: tuple[str | int, ...] = PrivateAttr()
        _salvaged: bool = PrivateAttr()

    __source__: ClassVar[Source] = "undocumented"
    """Where the shape is known from: ``class Reply(Model, source="docs")``. The docstring repeats it for editors."""

    def __init_subclass__(cls, *, source: Source | None = None, **config: Unpack[ConfigDict]) -> None:
        super().__init_subclass__(**config)
        if source is not None:
            cls.__source__ = source

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        # The build of this class is already deferred here. A TypeAdapter of FastAPI's would inherit the setting and
        # build later, when FastAPI no longer suppresses pydantic's warnings.
        if cls.__module__ != __name__:
            cls.model_config["defer_build"] = False
            if not issubclass(cls, RequestModel):
                Mapping.register(cls)  # pyright: ignore[reportAttributeAccessIssue]
        replace_signature(cls)

    @classmethod
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Any = None,
    ) -> bool | None:
        """Build the validator, in one thread at a time: in pydantic up to 2.13 building is not thread-safe."""
        with _build_lock:
            result = super().model_rebuild(
                force=force,
                raise_errors=raise_errors,
                _parent_namespace_depth=_parent_namespace_depth + 1,
                _types_namespace=_types_namespace,
            )
            replace_signature(cls)
        return result

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the fields by their docstrings. They are read when a JSON schema is made."""
        from .docstrings import describe_fields

        schema = handler(core_schema)
        describe_fields(cls, handler.resolve_ref_schema(schema))
        return schema

    @property
    def http(self) -> exchange.HttpInfo | None:
        """The HTTP side of a response: status, headers, retries. None for a nested model, and for one you made."""
        return get_slot(self, "_http")  # type: ignore[no-any-return]

    @property
    def raw(self) -> bytes | None:
        """The JSON text of an answer or event as the server sent it; None for a part of one, or a model made by hand.

        It shows none of the changes that were made to a list or dict of the answer.
        """
        wire = get_slot(self, "_wire")
        return None if wire is None or self._path else wire.raw

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the fields that were set."""
        chosen = self.__pydantic_fields_set__
        if chosen is FIELD_NAMES[type(self)]:  # A caller may change the set, and so gets one that no answer shares.
            chosen = set(chosen)
            object.__setattr__(self, "__pydantic_fields_set__", chosen)
        return chosen

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object: a response as the server sent it, a request as it would be sent."""
        wire = get_slot(self, "_wire")
        if wire is None:
            if is_ours(type(self)):
                return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
            return serialize_model(self)  # type: ignore[no-any-return]
        value = wire.parsed
        for key in self._path:
            value = value[key]
        if not isinstance(value, dict):  # The data of an unknown event may be any JSON value.
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
        """Dump the model. As JSON, scalars are written as the server sent them, and unset fields are omitted."""
        # Pydantic would use a return annotation as the schema of the output, so there is none.
        if not isinstance(self, Model):  # A field of a model built without validation may hold any value.
            return dump(self)
        is_json, is_salvaged = info.mode == "json", get_slot(self, "_salvaged")
        if is_json and not is_salvaged and get_slot(self, "_wire") is not None and _is_dumped_whole(type(self), info):
            sent = self.to_dict()
            if is_unchanged(self, sent, _bare_serializer(type(self))):
                return sent
        values = dump_without_types(self, info) if is_salvaged else dump(self)
        if not is_json:
            return values
        by_name = not (self.model_config.get("serialize_by_alias") if info.by_alias is None else info.by_alias)
        for name, key in () if info.exclude_unset else optional_fields(type(self)):
            if name not in self.__pydantic_fields_set__:
                values.pop(name if by_name else key, None)
        if get_slot(self, "_wire") is not None:
            return as_sent(values, self.to_dict())
        for name, key in timestamp_fields(type(self)):
            value, key = getattr(self, name, None), name if by_name else key
            if isinstance(value, datetime) and values.get(key) == to_jsonable_python(value):
                values[key] = timestamp_text(value) or values[key]
        return values

    if not TYPE_CHECKING:  # The signature stays pydantic's.

        def model_dump_json(self, **options: Any) -> str:
            """Return pydantic's JSON text, with scalars as the server sent them.

            A whole answer, of which nothing was changed, returns its own text if pydantic would write the same bytes.
            """
            if not options:
                writer = _writers.get(type(self), _writer)
                try:
                    text = _get_wire(self)
                    if writer(self, exclude_unset=True, warnings=False) == text.raw:
                        return text.text
                except (AttributeError, PydanticSerializationError):  # It was made by hand, or it was salvaged.
                    pass
            return super().model_dump_json(**options)

    def __getstate__(self) -> dict[Any, Any]:
        slots = {name: get_slot(self, name) for name in _SLOTS}
        return {**super().__getstate__(), "__pydantic_fields_set__": self.model_fields_set, "slots": slots}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        slots = state.pop("slots", {})
        if isinstance(slots.get("_wire"), tuple):  # An earlier build of version 1.0.0 kept text and path together.
            slots["_wire"], slots["_path"] = slots["_wire"]
        super().__setstate__(state)
        _set_slots(self, **slots)

    def __copy__(self) -> Self:
        return _set_slots(super().__copy__(), **{name: get_slot(self, name) for name in _SLOTS})

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        # The values of the slots never change, so copies share them.
        return _set_slots(super().__deepcopy__(memo), **{name: get_slot(self, name) for name in _SLOTS})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the model as pydantic does; after an ``update`` the subscripts show the new values."""
        copied = super().model_copy(update=update, deep=deep)
        if update and get_slot(copied, "_wire") is not None:
            object.__delattr__(copied, "_wire")
        return copied


class RequestModel(Model):
    """A body or query, validated before it is sent. Only fields that were set are sent, an explicit None as null.

    The fields that your own subclass declares are sent with their defaults, except for a default of None.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=False, validate_assignment=True, ser_json_inf_nan="constants"
    )
    selectors: ClassVar[tuple[str, ...]] = ()
    """Fields that a method declares as separate parameters, because they choose its return type."""

    @model_validator(mode="before")
    @classmethod
    def _as_plain_json(cls, data: Any) -> Any:
        # A value that cannot be sent is refused here, so that a model and a call refuse the same values.
        if isinstance(data, BaseModel):
            data = request_values(data)
        return to_plain_fields(data, caller_fields(cls)) if isinstance(data, (dict, Mapping)) else data

    def __setattr__(self, name: str, value: Any) -> None:
        cls = type(self)
        is_field = not (name.startswith("_") or hasattr(cls, name) or name in caller_fields(cls))
        super().__setattr__(name, to_plain(value, name) if is_field else value)


class OpenRequest(RequestModel):
    """A body or query whose keys are undocumented, so that every key is accepted."""

    if TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None: ...


def _is_dumped_whole(model: type[Model], info: SerializationInfo) -> bool:
    """Return whether a dump with these settings is the JSON object that a response was made from."""
    is_whole = info.include is None and info.exclude is None and not (info.exclude_defaults or info.exclude_none)
    return is_whole and has_plain_keys(model)


@cache
def _bare_serializer(model: type[Model]) -> SchemaSerializer:
    if not model.__pydantic_complete__:  # A process that only loads pickles has built no model yet.
        model.model_rebuild()
    return bare_serializer(model, Model._serialize)


_get_wire: Callable[[Model], JsonText] = Model.__dict__["_wire"].__get__
_writers: dict[type[Model], Callable[..., bytes | None]] = {}
"""By class, the function that writes a response as JSON, without the values that were not sent."""


def _writer(model: Model, **options: Any) -> bytes | None:
    """Write a model whose class has no writer yet. None if the JSON keys of the class need more than pydantic."""
    kind = type(model)
    writer = _writers[kind] = _bare_serializer(kind).to_json if has_plain_keys(kind) else _no_text
    return writer(model, **options)


def _no_text(model: Model, **options: Any) -> None:
    return None


def _field_names(kind: type[Any]) -> set[str]:
    return set(kind.model_fields)


FIELD_NAMES: ByClass[set[str]] = ByClass(_field_names)
"""By class, the names of all fields. Answers that have all of them share this set, so it must never be changed."""


def get_slot(model: Model, name: str) -> Any:
    """Return the value of a slot, or None if it was never set."""
    # A plain getattr for an unset slot would go through pydantic's slow __getattr__.
    try:
        return object.__getattribute__(model, name)
    except AttributeError:
        return None


def _set_slots(model: M, **slots: Any) -> M:
    """Set the slots that have a value, and return the model."""
    for name, value in slots.items():
        if value is not None:
            object.__setattr__(model, name, value)
    return model
