"""The base of every model. One rule: *attributes are Python, subscripts are JSON*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
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
from pydantic_core import to_jsonable_python
from typing_extensions import Self, Unpack

from .fields import added_fields, optional_fields, timestamp_fields
from .foreign import serialize_model
from .fork import ForkSafeLock
from .mapping import JsonObject
from .plain import given, is_ours, plain, plain_fields
from .serialize import as_sent, dump_as_is, timestamp_text
from .signature import sign

if TYPE_CHECKING:
    from . import http as exchange
    from .http import HttpInfo
    from .json_text import Wire
else:
    from .hints import http as exchange

M = TypeVar("M", bound="Model")
Source = Literal["docs", "official SDK", "undocumented"]
"""Where the shape of a model is known from."""
_SLOTS = ("_http", "_wire", "_salvaged")
# While older releases of pydantic build a model, other threads find what the base class has. There, all models are
# built when they are defined.
DEFER_BUILD = not VERSION.startswith(("2.9.", "2.10.")) and VERSION not in {f"2.11.{patch}" for patch in range(5)}
_building = ForkSafeLock()


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
        sign(cls)

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
            sign(cls)
        return built

    @property
    def http(self) -> exchange.HttpInfo | None:
        """Status, request id, rate limit, headers and retries of the response; None on a part or a hand-built model."""
        return slot(self, "_http")  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: for a response the one the server sent, else what would be sent."""
        wire = slot(self, "_wire")
        if wire is None:
            if is_ours(type(self)):
                return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
            return serialize_model(self)  # type: ignore[no-any-return]
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
        values = dump_as_is(self, info) if slot(self, "_salvaged") else dump(self)
        if info.mode != "json":
            return values
        by_name = not (self.model_config.get("serialize_by_alias") if info.by_alias is None else info.by_alias)
        for name, key in () if info.exclude_unset else optional_fields(type(self)):
            if name not in self.__pydantic_fields_set__:
                values.pop(name if by_name else key, None)
        if slot(self, "_wire") is not None:
            return as_sent(values, self.to_dict())
        for name, key in timestamp_fields(type(self)):
            value, key = getattr(self, name, None), name if by_name else key
            if isinstance(value, datetime) and values.get(key) == to_jsonable_python(value):
                values[key] = timestamp_text(value) or values[key]
        return values

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "slots": {name: slot(self, name) for name in _SLOTS}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        slots = state.pop("slots", {})
        super().__setstate__(state)
        _fill(self, **slots)

    def __copy__(self) -> Self:
        return _fill(super().__copy__(), **{name: slot(self, name) for name in _SLOTS})

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        # The exchange and its text never change, so the copies may share them.
        return _fill(super().__deepcopy__(memo), **{name: slot(self, name) for name in _SLOTS})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Pydantic's ``model_copy``; with ``update`` the subscripts follow the new values."""
        copied = super().model_copy(update=update, deep=deep)
        if update and slot(copied, "_wire") is not None:
            object.__delattr__(copied, "_wire")
        return copied


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
        return plain_fields(data, added_fields(cls)) if isinstance(data, (dict, Mapping)) else data

    def __setattr__(self, name: str, value: Any) -> None:
        cls = type(self)
        as_given = (
            name.startswith("_") or hasattr(cls, name) or name in added_fields(cls)
        )  # private, a property, a caller's
        super().__setattr__(name, value if as_given else plain(value, name))


class OpenRequest(RequestModel):
    """A body or query of which no key is public, so that it takes any."""

    if TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None: ...


def slot(model: Model, name: str) -> Any:
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
