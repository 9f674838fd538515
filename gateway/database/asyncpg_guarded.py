"""PostgreSQL where one machine is not enough: pooled transactions that survive task cancellation."""

from typing import Any

from asyncpg import InterfaceError
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

from gateway.database.finishing import finish


class GuardedContext(TransactionContextPooled):
    """Returns its connection to the pool, clean or terminated, whatever happens to the task."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        self.client._connection = await self.client._parent._pool.acquire()
        self.token = get_connections().set(self.connection_name, self.client)
        try:
            await finish(self.client.begin())
        except BaseException:
            get_connections().reset(self.token)
            await finish(self._give_back(broken=True))
            raise
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        broken = True
        try:
            if not self.client._finalized:
                if exc_type is None:
                    await finish(self.client.commit())
                elif exc_type is not TransactionManagementError:
                    await finish(self.client.rollback())
            broken = False
        finally:
            get_connections().reset(self.token)
            await finish(self._give_back(broken=broken))

    async def _give_back(self, *, broken: bool) -> None:
        connection = self.client._connection
        try:
            if broken and not connection.is_closed() and connection.is_in_transaction():
                connection.terminate()
        except InterfaceError:
            # The server ended the connection, and the pool has it back already: that fault is the one to be told.
            return
        if self.client._parent._pool:
            await self.client._parent._pool.release(connection)


class GuardedAsyncpgClient(AsyncpgDBClient):
    """The engine that the settings name for ``postgres://``."""

    def _in_transaction(self) -> TransactionContext:
        return GuardedContext(TransactionWrapper(self), self._pool_init_lock)


client_class = GuardedAsyncpgClient
