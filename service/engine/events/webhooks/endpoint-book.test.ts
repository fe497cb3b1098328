import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { openWebhooks } from '../../../../test/support/webhooks.ts';
import { silentLog } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { EventRealm } from '../events.ts';
import type { Endpoint } from './endpoint.ts';
import { createEndpointBook, type EndpointBook } from './endpoint-book.ts';
import { createEndpointStore, selectEndpointById, updateEndpoint } from './endpoint-store.ts';
import type { EndpointWebhooks } from './webhooks.ts';

const NAME = 'identity.user.enrolled';

let engine: Engine;
let webhooks: EndpointWebhooks;
let realm: EventRealm;
let endpoint: Endpoint;
/** The database the book reads: whole, or gone. */
let there: boolean;
let logged: string[];
let book: EndpointBook;

beforeEach(async () => {
  engine = await startEngine();
  webhooks = openWebhooks(engine);
  realm = { organization: engine.organization, world: 'live' };
  ({ endpoint } = await webhooks.add(realm, { family: 'identity', url: 'https://a.example/' }, operator));
  there = true;
  logged = [];
  const db = new Proxy(engine.db, {
    get(whole, name) {
      if (!there) throw new Error('the database is gone');
      const value: unknown = Reflect.get(whole, name);
      return typeof value === 'function' ? value.bind(whole) : value;
    },
  }) as Db;
  book = createEndpointBook({
    db,
    store: createEndpointStore(engine),
    clock: engine.clock,
    log: { ...silentLog, error: (_: unknown, sentence?: string) => void logged.push(sentence ?? '') },
  });
  await book.load();
});
afterEach(() => engine.stop());

const rowNow = async () => (await selectEndpointById(engine.db, endpoint.id))!;
const found = () => book.endpointsFor(realm, NAME).map(({ id }) => id);

test('a committed change is trusted while the database cannot be read, and read again when it can', async () => {
  await webhooks.disable(realm, endpoint.id, 'maintenance', operator);
  expect(found()).toEqual([endpoint.id]);
  there = false;
  await book.refresh(endpoint.id, await rowNow());
  expect(found()).toEqual([]);
  expect(logged).toEqual(['a webhook endpoint that was changed could not be read again']);
  await webhooks.enable(realm, endpoint.id, operator);
  await expect(book.open(endpoint.id)).rejects.toThrow('the database is gone');
  there = true;
  expect((await book.open(endpoint.id))?.endpoint.state).toEqual({ is: 'enabled' });
  expect(found()).toEqual([endpoint.id]);
});

test('a failed read after a change is repeated when the database is back', async () => {
  await webhooks.disable(realm, endpoint.id, 'maintenance', operator);
  there = false;
  await book.refresh(endpoint.id);
  await book.catchUp();
  expect(found()).toEqual([endpoint.id]);
  there = true;
  await book.catchUp();
  expect(found()).toEqual([]);
});

test('a commit whose answer was lost counts', async () => {
  const away = new Problem('STORAGE_UNAVAILABLE', 'The database server went away while it stored this.');
  const losing = openWebhooks({
    ...engine,
    inTransaction: async (work) => {
      await engine.inTransaction(work);
      throw away;
    },
  });
  await losing.load();
  const here = () => losing.endpointsFor(realm, NAME).map(({ id }) => id);
  await expect(losing.disable(realm, endpoint.id, 'leaked', operator)).rejects.toBe(away);
  expect(here()).toEqual([]);
  await expect(losing.enable(realm, endpoint.id, operator)).rejects.toBe(away);
  expect(here()).toEqual([endpoint.id]);
  const before = await losing.open(endpoint.id);
  await expect(losing.rotate(realm, endpoint.id, 0, operator)).rejects.toBe(away);
  expect((await losing.open(endpoint.id))!.secret).not.toBe(before!.secret);
  await expect(losing.add(realm, { family: 'identity', url: 'https://b.example/' }, operator)).rejects.toBe(
    away,
  );
  expect(here()).toHaveLength(2);
  await expect(losing.remove(realm, endpoint.id, operator)).rejects.toBe(away);
  expect(await losing.open(endpoint.id)).toBeUndefined();
});

test('one whose headers cannot be opened gets nothing, and silences no other', async () => {
  const { endpoint: other } = await webhooks.add(
    realm,
    { family: 'identity', url: 'https://b.example/' },
    operator,
  );
  await engine.inTransaction((tx) =>
    updateEndpoint(tx, engine.integrity, endpoint.id, { headers_sealed: new Uint8Array(40) }),
  );
  await book.load();
  expect(found()).toEqual([other.id]);
  expect(logged).toEqual(['a webhook endpoint gets nothing']);
});
