import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import pg from 'pg';
import { type Locks, once, type Slot } from '../../lib/locks.ts';
import { Problem } from '../../lib/problem.ts';
import { createTurns } from '../../lib/turns.ts';
import { toStorageProblem } from '../storage-problem.ts';
import {
  connectTimeoutOf,
  dropConnections,
  rememberConnection,
  sessionSettings,
} from './session-settings.ts';

/** Milliseconds for which a lock is waited for that another node has. */
const PATIENCE = 15_000;
/** Locks that this node waits for at one time: each has a connection. */
const MOST_WAITING = 6;

/** Places of one key that other nodes see: what many at once may do is bounded well before. */
const MOST_PLACES = 32;

/** Locks of one of several nodes. */
export interface SharedLocks extends Locks {
  /** Throws STORAGE_UNAVAILABLE where the caller has a lock that was lost with its connection: another node may have it. */
  require(): void;
  /** All of its connections end at once, and with them what waits for one. */
  drop(): void;
  close(): Promise<void>;
}

/** A connection that has locks. */
interface Session {
  query(statement: string, key: string | string[]): Promise<{ rows: { is: boolean }[] }>;
  lost: boolean;
  /** It is not used any more; all its locks end. */
  drop(): void;
}

interface Lock {
  session: Session;
  free(): Promise<void>;
}

/**
 * Session locks of PostgreSQL: they end with the process. Those that are free are taken on one connection, and those that another node has
 * are waited for on connections of their own, in the order in which they were asked for.
 */
export function createSharedLocks(url: string, sessions: string): SharedLocks {
  const held = new AsyncLocalStorage<readonly Session[]>();
  const settings = {
    connectionString: url,
    application_name: sessions,
    connectionTimeoutMillis: connectTimeoutOf(url),
    keepAlive: true,
  };
  const waiting = new pg.Pool({ ...settings, max: MOST_WAITING, connectionTimeoutMillis: PATIENCE });
  const waiters = new WeakMap<pg.ClientBase, Session>();
  waiting.on('connect', (client) => {
    rememberConnection(waiting, client);
    waiters.set(
      client,
      sessionOf(client, () => {}),
    );
  });
  waiting.on('error', () => {});
  let main: Promise<Session> | undefined;

  async function openMain(): Promise<Session> {
    const client = new pg.Client(settings);
    const session = sessionOf(client, () => void client.end().catch(() => {}));
    await client.connect();
    await prepare(client);
    return session;
  }

  async function mainSession(): Promise<Session> {
    const known = main;
    const session = await known?.catch(() => undefined);
    if (session?.lost === false) return session;
    // Another caller may have begun to open the next one meanwhile.
    if (main === known) main = openMain();
    return main!;
  }

  /** Numbers of the places of a key that this process has. */
  const places = new Map<string, Set<number>>();
  const placeTurns = createTurns();

  async function takeSlot(name: string, most: number): Promise<Slot> {
    const own = places.get(name) ?? new Set();
    const first = BigInt(numberOf(`${name}/places`));
    const numbers = Array.from({ length: Math.min(most, MOST_PLACES) }, (_, n) => n).filter(
      (n) => !own.has(n),
    );
    const keyOf = (n: number) => BigInt.asIntN(64, first + BigInt(n)).toString();
    const session = await mainSession();
    const { rows } = await session.query(
      'select pg_try_advisory_lock(key) as is from unnest($1::bigint[]) with ordinality as places (key, n) order by n',
      numbers.map(keyOf),
    );
    const [mine, ...unused] = numbers.filter((_, n) => rows[n]!.is);
    if (unused.length > 0)
      await session.query(
        'select pg_advisory_unlock(key) as is from unnest($1::bigint[]) as key',
        unused.map(keyOf),
      );
    const others = Math.min(most, own.size + numbers.length - (mine === undefined ? 0 : 1) - unused.length);
    if (mine === undefined) return { others, free: async () => {} };
    places.set(name, own.add(mine));
    return {
      others,
      free: once(async () => {
        own.delete(mine);
        if (own.size === 0) places.delete(name);
        await unlock(session, keyOf(mine));
      }),
    };
  }

  async function waitFor(key: string): Promise<Lock> {
    const client = await waiting.connect();
    const session = waiters.get(client)!;
    try {
      await prepare(client);
      await session.query('select true as is from pg_advisory_lock($1::bigint)', key);
    } catch (error) {
      client.release(true);
      throw error;
    }
    return {
      session,
      async free() {
        await unlock(session, key);
        client.release(session.lost);
      },
    };
  }

  async function take(key: string): Promise<Lock> {
    try {
      const session = await mainSession();
      const { rows } = await session.query('select pg_try_advisory_lock($1::bigint) as is', key);
      return rows[0]!.is ? { session, free: () => unlock(session, key) } : await waitFor(key);
    } catch (error) {
      throw toStorageProblem(error);
    }
  }

  return {
    of(decision) {
      const turns = createTurns();
      // One at a time in this process: a session has a lock as often as it takes it.
      return (key, work) =>
        turns(key, async () => {
          const lock = await take(numberOf(`${decision}/${key}`));
          try {
            return await held.run([...(held.getStore() ?? []), lock.session], work);
          } finally {
            await lock.free();
          }
        });
    },
    takeSlot(decision, key, most) {
      const name = `${decision}/${key}`;
      return placeTurns(name, () => takeSlot(name, most)).catch((error: unknown) => {
        throw toStorageProblem(error);
      });
    },
    require() {
      if (held.getStore()?.some(({ lost }) => lost))
        throw new Problem(
          'STORAGE_UNAVAILABLE',
          'The connection that held off the other nodes was lost: nothing was changed. Try again.',
          { retryAfterSeconds: 1 },
        );
    },
    drop() {
      void main?.then(
        (session) => session.drop(),
        () => {},
      );
      dropConnections(waiting);
    },
    async close() {
      (await main?.catch(() => undefined))?.drop();
      if (!waiting.ending) await waiting.end();
    },
  };
}

function sessionOf(client: pg.ClientBase, end: () => void): Session {
  const session: Session = {
    lost: false,
    query: (statement, key) => client.query(statement, [key]),
    drop() {
      if (session.lost) return;
      session.lost = true;
      end();
    },
  };
  client.on('error', session.drop);
  client.on('end', session.drop);
  return session;
}

const prepare = (client: pg.ClientBase) =>
  client.query(sessionSettings({ statement_timeout: 0, lock_timeout: PATIENCE }));

/** A lock whose end is not certain ends with its session. */
async function unlock(session: Session, key: string): Promise<void> {
  const freed = await session
    .query('select pg_advisory_unlock($1::bigint) as is', key)
    .catch(() => undefined);
  if (freed?.rows[0]?.is !== true) session.drop();
}

/** Of 64 bits: two keys with one number would only wait for each other. */
const numberOf = (key: string): string =>
  createHash('sha256').update(key).digest().readBigInt64BE().toString();
