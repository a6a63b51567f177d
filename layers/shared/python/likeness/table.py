"""Rows and transactions: one connection for every kind of row, refusals told apart in call order."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from likeness.dynamodb import connection
from likeness.errors import AppError, Busy
from likeness.settings import settings

Raw = dict[str, Any]
Otherwise = AppError | Callable[[Raw | None], AppError]

_SENT = {"check": 0, "delete": 1, "put": 2, "update": 3}
_AGAIN = {
    "TransactionConflict",
    "ThrottlingError",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "InternalServerError",
}
PATIENCE_SECONDS = 2.0
_lock = Lock()


class TableName:
    """Names a table by a field of the settings, read when it is used: modules import without an environment."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __get__(self, instance: object, owner: type) -> str:
        """Return the table's name."""
        return str(getattr(settings(), self.field))


class Item(Model):
    """A row. Each table has a subclass that names it; each subclass of those is one kind of row."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    v = NumberAttribute(default=1)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        name = cls.Meta.table_name
        made: TableConnection | None = cls.__dict__.get("_connection")
        if made is None or made.table_name != name:
            with _lock:
                _describe(name, dict(cls._get_schema()))
                made = TableConnection(name)
                made.connection = connection()
                cls._connection = made
        return made


def _describe(name: str, schema: Raw) -> None:
    """Tell the connection of a kind's keys and indexes, merged with those of its siblings."""
    tables = connection()._tables  # noqa: SLF001 (PynamoDB has no public way to share one client)
    meta = tables.get(name)
    if meta is None:
        meta = MetaTable(
            {
                "TableName": name,
                "KeySchema": schema["key_schema"],
                "AttributeDefinitions": [],
                "GlobalSecondaryIndexes": [],
                "LocalSecondaryIndexes": [],
            }
        )
        connection().add_meta_table(meta)
    _merge(meta.data["AttributeDefinitions"], schema["attribute_definitions"], "AttributeName")
    for target, source in (
        ("GlobalSecondaryIndexes", "global_secondary_indexes"),
        ("LocalSecondaryIndexes", "local_secondary_indexes"),
    ):
        indexes = [{"IndexName": i["index_name"], "KeySchema": i["key_schema"]} for i in schema[source]]
        _merge(meta.data[target], indexes, "IndexName")


def _merge(into: list[Raw], new: list[Raw], key: str) -> None:
    known = {entry[key] for entry in into}
    into.extend(entry for entry in new if entry[key] not in known)


@dataclass(frozen=True)
class _Write:
    kind: str
    otherwise: Otherwise | None
    call: Callable[[TransactWrite], None]


class Transaction:
    """Writes that happen all or not at all, added in order of meaning.

    When the commit is refused, the first write in call order whose condition failed decides the error (its
    `otherwise`). DynamoDB's conflicts and throttling are no refusals: they are tried again with full jitter.
    """

    def __init__(self) -> None:
        self._writes: list[_Write] = []

    def put(self, item: Item, condition: Condition | None = None, otherwise: Otherwise | None = None) -> None:
        """Write a whole row."""
        old = "ALL_OLD" if condition is not None else None
        self._add("put", otherwise, lambda t: t.save(item, condition=condition, return_values=old))

    def update(
        self,
        item: Item,
        actions: list[Action],
        condition: Condition | None = None,
        otherwise: Otherwise | None = None,
    ) -> None:
        """Change a row, which is made if absent unless the condition says otherwise."""
        old = "ALL_OLD" if condition is not None else None
        self._add(
            "update",
            otherwise,
            lambda t: t.update(item, actions=actions, condition=condition, return_values=old),
        )

    def delete(self, item: Item, condition: Condition | None = None, otherwise: Otherwise | None = None) -> None:
        """Remove a row."""
        self._add("delete", otherwise, lambda t: t.delete(item, condition=condition))

    def check(self, item: Item, condition: Condition, otherwise: Otherwise) -> None:
        """Demand a condition of a row that is not written."""
        self._add(
            "check",
            otherwise,
            lambda t: t.condition_check(type(item), item.pk, item.sk, condition=condition),
        )

    def commit(self) -> None:
        """Write everything.

        Raises:
            AppError: the `otherwise` of the first refused write; nothing was written.
            Busy: contention or throttling went on for two seconds; nothing was written.
        """
        give_up = time.monotonic() + PATIENCE_SECONDS
        pause = 0.02
        while True:
            try:
                self._send()
            except TransactWriteError as error:
                self._refuse(error)
                if time.monotonic() + pause > give_up:
                    raise Busy("Too many changes at once. Send the same request again.", retry_after=1) from error
            else:
                return
            time.sleep(random.uniform(0, pause))  # noqa: S311 (jitter, not a secret)
            pause = min(0.4, pause * 2)

    def _add(self, kind: str, otherwise: Otherwise | None, call: Callable[[TransactWrite], None]) -> None:
        self._writes.append(_Write(kind, otherwise, call))

    def _send(self) -> None:
        with TransactWrite(connection=connection()) as transaction:
            for write in self._writes:
                write.call(transaction)

    def _refuse(self, error: TransactWriteError) -> None:
        """Raise what the first refused write says; return when DynamoDB only asks to try again.

        PynamoDB sends checks, deletes, puts and updates in that order and the reasons follow it.
        """
        order = sorted(range(len(self._writes)), key=lambda index: _SENT[self._writes[index].kind])
        reasons = dict(zip(order, error.cancellation_reasons, strict=False))
        for index, write in enumerate(self._writes):
            reason = reasons.get(index)
            if reason is None:
                continue
            if reason.code != "ConditionalCheckFailed":
                if reason.code in _AGAIN:
                    return
                raise error
            if write.otherwise is None:
                raise error
            raise (write.otherwise(reason.raw_item) if callable(write.otherwise) else write.otherwise) from None
        if error.cause_response_code not in _AGAIN:
            raise error
