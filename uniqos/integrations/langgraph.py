"""LangGraph: a store that reads what personalities remember of end users. Needs the extra ``langgraph``.

```python
import uniqos
from uniqos.integrations.langgraph import UniqOSStore

with uniqos.sandbox.serve() as sandbox, sandbox.client() as client:
    turn = {"personality_id": sandbox.personality_id, "user_id": "ada", "mode": "stateful"}
    with client.respond({**turn, "message": "My dog is called Rex."}, stream=True) as stream:
        print(stream.until_done().text)
    store = UniqOSStore(client=client)
    namespace = (sandbox.personality_id, "ada")
    print(store.search(namespace, query="dog")[0].value)
    print(store.get(namespace, "relationship"))
```

The API writes memories itself, from the turns of ``respond``. It has no call to write a memory or to delete a single
one, and no documented fields that would name all pairs. So this store is read-only: ``put``, ``delete`` and
``list_namespaces`` raise ConfigurationError, and so does a ``filter``. ``refresh_ttl`` has no effect. Newer
versions of LangGraph allow no ``.`` in a namespace, so a ``user_id`` with one, such as an e-mail address, is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, NoReturn

from .._extras import missing_extra

try:
    from langgraph.store.base import SearchItem as _needed  # noqa: F401
except ImportError as _missing:
    raise missing_extra("uniqos.integrations.langgraph needs LangGraph", "langgraph") from _missing

from langgraph.store.base import BaseStore, GetOp, Item, ListNamespacesOp, Op, PutOp, Result, SearchItem, SearchOp

from .._async.client import AsyncUniqOS
from .._base.model import Model
from .._sync.client import UniqOS
from ..api.relationships import RelationshipPage
from ..errors import ConfigurationError

__all__ = ["UniqOSStore"]

RELATIONSHIP = "relationship"
RECALL = "recall"


class UniqOSStore(BaseStore):
    """A read-only store. The namespace is ``(personality_id, user_id)``.

    ``search(namespace, query=...)`` recalls memories. The shape of the answer is undocumented, so the whole of it is
    the value of one item with the key ``recall``. ``get(namespace, "relationship")`` returns the relationship of the
    pair, or None if they have not met; all other keys are missing. The API documents no times of a memory:
    ``created_at`` and ``updated_at`` are the time at which it was read.

    Source: ``recall_memory`` and ``relationships.list`` of the docs.
    """

    __slots__ = ("_async_client", "_client")

    def __init__(self, *, client: UniqOS | None = None, async_client: AsyncUniqOS | None = None) -> None:
        """Make a store.

        Args:
            client: Reads for ``get`` and ``search``. It is not closed by the store.
            async_client: Reads for ``aget`` and ``asearch``. It is not closed by the store.

        Raises:
            ConfigurationError: Both clients are missing.
        """
        if client is None and async_client is None:
            raise ConfigurationError("UniqOSStore needs client=UniqOS(...), async_client=AsyncUniqOS(...) or both")
        self._client = client
        self._async_client = async_client

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Read the items of several operations, one after the other.

        Args:
            ops: The operations. A batch with one that the API lacks is refused as a whole.

        Returns:
            The results in the order of the operations.

        Raises:
            UniqOSError: An operation is refused, or a call failed.
        """
        if self._client is None:
            raise ConfigurationError("this store has an async client alone: pass client=UniqOS(...) too, or use aget()")
        checked = _check(ops)
        return [self._read(self._client, op) for op in checked]

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Read the items of several operations on an event loop, one after the other.

        Args:
            ops: The operations. A batch with one that the API lacks is refused as a whole.

        Returns:
            The results in the order of the operations.

        Raises:
            UniqOSError: An operation is refused, or a call failed.
        """
        if self._async_client is None:
            raise ConfigurationError("this store has a sync client alone: pass async_client=AsyncUniqOS(...) too")
        checked = _check(ops)
        return [await self._aread(self._async_client, op) for op in checked]

    def _read(self, client: UniqOS, op: GetOp | SearchOp) -> Result:
        if isinstance(op, SearchOp):
            return _found(op, client.engine.recall_memory(_body(op)))
        return None if op.key != RELATIONSHIP else _item(op, client.relationships.list(_pair(op.namespace)))

    async def _aread(self, client: AsyncUniqOS, op: GetOp | SearchOp) -> Result:
        if isinstance(op, SearchOp):
            return _found(op, await client.engine.recall_memory(_body(op)))
        return None if op.key != RELATIONSHIP else _item(op, await client.relationships.list(_pair(op.namespace)))


def _check(ops: Iterable[Op]) -> list[GetOp | SearchOp]:
    checked: list[GetOp | SearchOp] = []
    for op in ops:
        if isinstance(op, PutOp):
            _refuse("put and delete: it writes memories itself, from the turns of respond")
        if isinstance(op, ListNamespacesOp):
            _refuse("list_namespaces: use client.relationships.list()")
        if isinstance(op, SearchOp):
            if op.filter:
                _refuse("filter: choose from the value of the item")
            _pair(op.namespace_prefix)
        else:
            _pair(op.namespace)
        checked.append(op)
    return checked


def _refuse(what: str) -> NoReturn:
    raise ConfigurationError(f"the API has no counterpart of {what}", code="unsupported_operation")


def _pair(namespace: tuple[str, ...]) -> dict[str, Any]:
    if len(namespace) != 2 or not all(namespace):
        raise ConfigurationError(
            f"a namespace of this store is (personality_id, user_id), not one of {len(namespace)} parts",
            code="invalid_namespace",
        )
    return {"personality_id": namespace[0], "user_id": namespace[1]}


def _body(op: SearchOp) -> dict[str, Any]:
    return _pair(op.namespace_prefix) | ({} if op.query is None else {"query": op.query})


def _found(op: SearchOp, memory: Model) -> list[SearchItem]:
    now = datetime.now(timezone.utc)
    item = SearchItem(namespace=op.namespace_prefix, key=RECALL, value=memory.to_dict(), created_at=now, updated_at=now)
    return [item][op.offset : op.offset + op.limit]


def _item(op: GetOp, page: RelationshipPage) -> Item | None:
    now = datetime.now(timezone.utc)
    for relationship in page.data or []:
        value = relationship.to_dict()
        return Item(namespace=op.namespace, key=op.key, value=value, created_at=now, updated_at=now)
    return None
