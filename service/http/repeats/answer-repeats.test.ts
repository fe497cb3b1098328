import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { createManualTimers } from '../../../test/support/manual-timers.ts';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import { createIdempotency } from '../../engine/accounts/index.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { onlyRun } from '../../storage/runs.ts';
import { createServer } from '../server.ts';

let engine: Engine;
let made: number;
let failing: 'before' | undefined;
let waiting: Promise<void> | undefined;
/** Of the month, as far as they were counted. */
let counted: number;
let quota: number;
beforeEach(async () => {
  engine = await startEngine();
  await engine.db
    .insertInto('organization')
    .columns(['id', 'name', 'created_at', 'match_only', 'uniqueness_policy', 'consent_policy'])
    .expression((eb) =>
      eb
        .selectFrom('organization')
        .select((one) => [
          one.val('org_recorded').as('id'),
          one.val('Recorded').as('name'),
          'created_at',
          'match_only',
          'uniqueness_policy',
          'consent_policy',
        ]),
    )
    .execute();
  await engine.sealer.createOrganization('org_recorded' as never);
  made = 0;
  counted = 0;
  quota = 100;
  failing = undefined;
  waiting = undefined;
});
afterEach(() => engine.stop());

function meter() {
  if (counted >= quota) throw new Problem('MONTHLY_LIMIT_EXCEEDED', 'The month is used up.');
  counted++;
  return { answered() {} };
}

/** A service after a start; `run` differs at each. */
function start(run = 'run_a', more: Partial<Parameters<typeof createIdempotency>[0]> = {}) {
  const app = createServer({
    access: recordedAccess(),
    log: silentLog,
    ids: engine.ids,
    repeats: createIdempotency({ ...engine, runs: onlyRun(run), ...more }),
    admission: {
      admit: async (_, { metered }) => (metered ? meter() : { answered() {} }),
      meter: async () => meter(),
    },
  });
  app.post(
    '/things',
    { config: { access: 'identity', idempotent: true, metered: true } },
    async (_, reply) => {
      if (failing) throw new Problem('CONFLICT', 'Not now.');
      made++;
      const thing = made;
      await waiting;
      return reply.code(201).send({ thing, at: engine.clock.now() });
    },
  );
  app.post('/pages', { config: { access: 'sessions', idempotent: true } }, async (_, reply) =>
    reply.code(201).send({ thing: ++made }),
  );
  app.post('/noted', { config: { access: 'identity', idempotent: true } }, async ({ body }) => ({
    thing: ++made,
    metadata: (body as { metadata?: object }).metadata,
    last: true,
  }));
  app.post('/others', { config: { access: 'identity' } }, async () => ({ other: ++made }));
  return app;
}

async function post(
  app: ReturnType<typeof start>,
  {
    key = 'k1' as string | null,
    body = {} as unknown,
    as = recordedKeys.live,
    url = '/things',
    from = '127.0.0.1',
  } = {},
) {
  const reply = await app.inject({
    method: 'POST',
    url,
    remoteAddress: from,
    headers: { 'x-api-key': as, ...(key === null ? {} : { 'idempotency-key': key }) },
    payload: body as object,
  });
  const { code, thing } = reply.json();
  return [reply.statusCode, code ?? thing, reply.headers['idempotent-replayed'] ?? 'first'];
}

test('what was kept for a day is removed without another request', async () => {
  const kept = async () => (await engine.db.selectFrom('idempotent_reply').selectAll().execute()).length;
  await post(start());
  engine.advance(86_400_000);
  await engine.idempotency.sweep();
  expect(await kept()).toBe(1);
  engine.advance(1);
  await engine.idempotency.sweep();
  expect(await kept()).toBe(0);
});

test('a repeat is answered with the first answer, also after a restart, and byte for byte', async () => {
  const app = start();
  expect(await post(app)).toEqual([201, 1, 'first']);
  engine.advance(60_000);
  expect(await post(app)).toEqual([201, 1, 'true']);
  expect(await post(start('run_b'))).toEqual([201, 1, 'true']);
  expect(made).toBe(1);
  expect(counted).toBe(1);
});

test('the metadata of the caller is not kept beside its digest, and stands in the repeat', async () => {
  const app = start();
  const note = 'x'.repeat(15_000);
  const ask = () =>
    app.inject({
      method: 'POST',
      url: '/noted',
      headers: { 'x-api-key': recordedKeys.live, 'idempotency-key': 'n' },
      payload: { metadata: { note } },
    });
  const first = await ask();
  expect(first.json()).toEqual({ thing: 1, metadata: { note }, last: true });
  expect((await ask()).payload).toBe(first.payload);
  const rows = await engine.db.selectFrom('idempotent_reply').selectAll().execute();
  expect(rows).toHaveLength(1);
  const bytes = Object.values(rows[0]!).map((value) => Buffer.from(String(value)).length);
  expect(Math.max(...bytes)).toBeLessThan(1_000);
});

test('a month that is used up refuses new requests, and no repeat of an answered one', async () => {
  const app = start();
  quota = 1;
  expect(await post(app)).toEqual([201, 1, 'first']);
  for (const key of ['k2', null])
    expect(await post(app, { key })).toEqual([429, 'MONTHLY_LIMIT_EXCEEDED', 'first']);
  expect(await post(app)).toEqual([201, 1, 'true']);
  expect(await post(app, { body: { other: 1 } })).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'first']);
  expect(made).toBe(1);
  // What was refused may be sent again with its key.
  quota = 2;
  expect(await post(app, { key: 'k2' })).toEqual([201, 2, 'first']);
  expect(counted).toBe(2);
});

test('a request that failed while the database was away keeps its repeats off no longer than that', async () => {
  const timers = createManualTimers();
  let away = false;
  const app = start('run_a', {
    timer: timers,
    inTransaction: async (work) => {
      if (away) throw new Problem('STORAGE_UNAVAILABLE', 'The database server does not answer.');
      return engine.inTransaction(work);
    },
  });
  app.addHook('preHandler', async () => {
    away = failing === 'before';
  });
  failing = 'before';
  expect(await post(app)).toEqual([409, 'CONFLICT', 'first']);
  timers.expire();
  await expect.poll(() => timers.running().length).toBe(1);
  [failing, away] = [undefined, false];
  expect(await post(app)).toEqual([409, 'CONFLICT', 'first']);
  timers.expire();
  await expect.poll(() => post(app)).toEqual([201, 1, 'first']);
  expect(timers.running()).toEqual([]);
});

test('the order of names does not count, any other difference does', async () => {
  const app = start();
  expect(await post(app, { body: { a: 1, b: [2, { c: null }] } })).toEqual([201, 1, 'first']);
  expect(await post(app, { body: { b: [2, { c: null }], a: 1 } })).toEqual([201, 1, 'true']);
  for (const body of [
    { a: 1 },
    { a: '1', b: [2, { c: null }] },
    { a: 1, b: [2, {}] },
    { a: 1, b: [[2], { c: null }] },
  ])
    expect(await post(app, { body })).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'first']);
  expect(made).toBe(1);
});

test('keys of two callers, two worlds and two keys are apart', async () => {
  const app = start();
  await post(app);
  expect(await post(app, { as: recordedKeys.test })).toEqual([201, 2, 'first']);
  expect(await post(app, { key: 'k2' })).toEqual([201, 3, 'first']);
  expect(await post(app, { key: null })).toEqual([201, 4, 'first']);
});

test('all visitors of a page have its key: a guessed header gives nothing of another', async () => {
  const app = start();
  const key = '2f9c0e0a-53f4-4f9e-9a53-0d3a35d6a0b1';
  const page = { as: recordedKeys.browser, url: '/pages' };
  expect(await post(app, { ...page, key: 'order-42' })).toEqual([400, 'INVALID_REQUEST', 'first']);
  expect(await post(app, { ...page, key })).toEqual([201, 1, 'first']);
  expect(await post(app, { ...page, key })).toEqual([201, 1, 'true']);
  expect(await post(app, { ...page, key, from: '192.0.2.9' })).toEqual([201, 2, 'first']);
});

test('a refused request may be sent again with its key', async () => {
  const app = start();
  failing = 'before';
  expect(await post(app)).toEqual([409, 'CONFLICT', 'first']);
  failing = undefined;
  expect(await post(app, { body: { corrected: true } })).toEqual([201, 1, 'first']);
});

test('while the first has no answer a repeat is refused; what an ended process left is taken over', async () => {
  const app = start();
  let go = () => {};
  waiting = new Promise((resolve) => {
    go = resolve;
  });
  const first = post(app);
  await expect.poll(() => made).toBe(1);
  expect(await post(app)).toEqual([409, 'CONFLICT', 'first']);
  waiting = undefined;
  expect(await post(start('run_b'))).toEqual([201, 2, 'first']);
  go();
  expect(await first).toEqual([201, 1, 'first']);
  // The answer of the request that was taken over does not replace the newer one.
  expect(await post(app)).toEqual([201, 2, 'true']);
});

test('after a day a key is new again', async () => {
  const app = start();
  await post(app);
  engine.advance(86_400_000 + 1);
  expect(await post(app, { body: { other: 1 } })).toEqual([201, 2, 'first']);
});

test('an answer that another program changed, or of an erased organization, is made anew', async () => {
  const app = start();
  await post(app);
  await engine.db
    .updateTable('idempotent_reply')
    .set({ reply_sealed: new Uint8Array(40) })
    .execute();
  expect(await post(app)).toEqual([201, 2, 'first']);
});

test('neither the key of the header nor the answer stands in the database', async () => {
  const app = start();
  await post(app, { key: 'marker-of-the-key', body: { email: 'marker@example.com' } });
  const rows = await engine.db.selectFrom('idempotent_reply').selectAll().execute();
  const text = JSON.stringify(
    rows.map((row) => ({ ...row, reply_sealed: Buffer.from(row.reply_sealed!).toString() })),
  );
  for (const marker of ['marker', 'thing']) expect(text).not.toContain(marker);
});

test('routes that create nothing ignore the header, and a malformed one is refused', async () => {
  const app = start();
  await post(app, { url: '/others' });
  await post(app, { url: '/others' });
  expect(made).toBe(2);
  for (const key of ['a b', 'ü', 'x'.repeat(256)])
    expect(await post(app, { key })).toEqual([400, 'INVALID_REQUEST', 'first']);
  expect(made).toBe(2);
});
