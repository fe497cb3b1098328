import { afterEach, expect, it } from 'vitest';
import { createAccess, type NewKey } from '../../service/engine/accounts/index.ts';
import { createIds, type KeyId, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { createTestAudit } from '../support/audit.ts';
import { testIntegrity } from '../support/integrity.ts';
import { mostlyOnSqlite } from './databases.ts';

const operator = { is: 'operator', name: 'root' } as const;
const one = 'org_one' as OrganizationId;
const two = 'org_two' as OrganizationId;
const DAY = 86_400_000;

mostlyOnSqlite('keys after they were made', (newLocation, _, { test }) => {
  let now = 0;
  const clock = { now: () => now };
  const ids = createIds(clock);
  let database: Database;
  let access: ReturnType<typeof createAccess>;
  /** Refused credentials by address. */
  const refused = new Map<string, number>();
  afterEach(async () => {
    await access.settled();
    await database.close();
  });

  async function open() {
    now = 10 * DAY;
    refused.clear();
    database = await openDatabase(await newLocation(), { clock, log: silentLog });
    for (const id of [one, two]) {
      await database.db
        .insertInto('organization')
        .values({
          id,
          name: id,
          created_at: 1,
          match_only: 0,
          uniqueness_policy: 'off',
          consent_policy: 'attested',
        })
        .execute();
    }
    access = createAccess({
      ...database,
      integrity: testIntegrity,
      audit: createTestAudit({ ids, clock }),
      ids,
      clock,
      log: silentLog,
      refusals: {
        wait: async (address) => ((refused.get(address) ?? 0) >= 3 ? 42 : 0),
        count: (address) => void refused.set(address, (refused.get(address) ?? 0) + 1),
      },
    });
  }
  const make = (change: Partial<NewKey> = {}) =>
    access.createKey({ organization: one, world: 'live', scopes: ['identity'], ...change }, operator);
  const use = (credential: string, address = '10.0.0.1') =>
    access.authenticate({ credential, scope: 'identity', address }).then(
      () => 'accepted',
      ({ code }) => code,
    );
  const actions = async () =>
    (await database.db.selectFrom('audit').select(['action', 'target']).orderBy('id').execute()).map(
      ({ action, target }) => `${action} ${target}`,
    );

  test('a successor has the same rights and lineage; the old key ends with the overlap', async () => {
    await open();
    const old = await make({
      name: 'door',
      prefix: 'prf',
      origins: ['https://a.example'],
      cidrs: ['10.0.0.0/8'],
      expiresAt: now + 100 * DAY,
    });
    await database.db.updateTable('api_key').set({ limits: '{"burst":7}' }).execute();
    now += DAY;
    const next = await access.rotateKey(one, old.id, 7 * DAY, operator);
    expect(next.record).toEqual({
      ...old.record,
      id: next.id,
      hint: next.key.slice(-4),
      createdAt: now,
      expiresAt: now + 100 * DAY,
      lineage: old.id,
    });
    expect(next.old).toEqual({ ...old.record, successor: next.id, expiresAt: now + 7 * DAY });
    const rows = await database.db.selectFrom('api_key').select('limits').execute();
    expect(rows).toEqual([{ limits: '{"burst":7}' }, { limits: '{"burst":7}' }]);
    expect([await use(old.key), await use(next.key)]).toEqual(['accepted', 'accepted']);
    now += 7 * DAY;
    expect([await use(old.key), await use(next.key)]).toEqual(['INVALID_API_KEY', 'accepted']);
    const third = await access.rotateKey(one, next.id, 0, operator);
    expect(third.record.lineage).toBe(old.id);
    expect([await use(next.key), await use(third.key)]).toEqual(['INVALID_API_KEY', 'accepted']);
    expect(await actions()).toEqual([
      `key.create ${old.id}`,
      `key.rotate ${old.id}`,
      `key.rotate ${next.id}`,
    ]);
    expect(JSON.stringify(await database.db.selectFrom('audit').selectAll().execute())).not.toContain(
      next.key.slice(-4),
    );
  });

  test('an overlap never outlasts the old key’s own end; a key is rotated once, while it is valid, by its organization', async () => {
    await open();
    const short = await make({ expiresAt: now + DAY });
    const { old } = await access.rotateKey(one, short.id, 7 * DAY, operator);
    expect(old.expiresAt).toBe(now + DAY);
    const [revoked, foreign] = [await make(), await make()];
    await access.revokeKey(one, revoked.id, operator);
    for (const [organization, key, overlap, code] of [
      [one, short.id, 0, 'CONFLICT'],
      [one, revoked.id, 0, 'CONFLICT'],
      [two, foreign.id, 0, 'NOT_FOUND'],
      [one, 'key_none' as KeyId, 0, 'NOT_FOUND'],
      [one, foreign.id, -1, 'INVALID_REQUEST'],
      [one, foreign.id, 1.5, 'INVALID_REQUEST'],
    ] as const) {
      await expect(access.rotateKey(organization, key, overlap, operator)).rejects.toMatchObject({ code });
    }
    expect(await use(foreign.key)).toBe('accepted');
  });

  it('of two rotations at once one makes the successor', async () => {
    await open();
    const { id } = await make();
    const both = await Promise.allSettled([1, 2].map(() => access.rotateKey(one, id, DAY, operator)));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await access.listKeys(one)).toHaveLength(2);
  });

  it('a key that enrolls and verifies is narrowed to one of both', async () => {
    await open();
    const { id, key } = await make({ scopes: ['identity:enroll', 'identity:verify'] });
    const may = async () => {
      const asked = await Promise.all(
        (['identity:verify', 'identity:enroll'] as const).map((scope) =>
          access.authenticate({ credential: key, scope, address: '10.0.0.1' }).then(
            () => true,
            ({ code }: { code: string }) => code,
          ),
        ),
      );
      return [(await access.listKeys(one))[0]!.scopes, ...asked];
    };
    expect(await may()).toEqual([['identity'], true, true]);
    await access.restrictKey(one, id, { scopes: ['identity:verify'] }, operator);
    expect(await may()).toEqual([['identity:verify'], true, 'INSUFFICIENT_SCOPE']);
    for (const scope of ['identity', 'identity:enroll'] as const) {
      await expect(access.restrictKey(one, id, { scopes: [scope] }, operator)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    }
  });

  test('rights are taken away and never given', async () => {
    await open();
    const { id, key } = await make({ scopes: ['identity', 'presence'] });
    const narrow = (change: Parameters<typeof access.restrictKey>[2]) =>
      access.restrictKey(one, id, change, operator);
    expect(await narrow({ cidrs: ['10.0.0.0/8', '2001:db8::/32'] })).toMatchObject({
      cidrs: ['10.0.0.0/8', '2001:db8::/32'],
      scopes: ['identity', 'presence'],
    });
    expect(await narrow({ cidrs: ['10.1.0.0/16'], scopes: ['identity'] })).toMatchObject({
      cidrs: ['10.1.0.0/16'],
      scopes: ['identity'],
    });
    expect(await narrow({ origins: ['https://A.example/', 'https://b.example'] })).toMatchObject({
      origins: ['https://a.example', 'https://b.example'],
    });
    expect(await narrow({ origins: ['https://b.example'], expiresAt: now + DAY })).toMatchObject({
      origins: ['https://b.example'],
      expiresAt: now + DAY,
    });
    expect(await narrow({ profiles: ['door', 'desk'] })).toMatchObject({ profiles: ['door', 'desk'] });
    expect(await narrow({ profiles: ['door'] })).toMatchObject({ profiles: ['door'] });
    const before = await access.listKeys(one);
    for (const [path, change] of [
      ['scopes', { scopes: ['identity', 'presence'] }],
      ['scopes', { scopes: [] }],
      ['origins', { origins: ['https://a.example'] }],
      ['origins', { origins: [] }],
      ['origins', { origins: ['nonsense'] }],
      ['cidrs', { cidrs: ['10.0.0.0/8'] }],
      ['cidrs', { cidrs: ['10.1.5.0/24', '10.2.0.0/24'] }],
      ['cidrs', { cidrs: [] }],
      ['cidrs', { cidrs: ['10.1.0.0'] }],
      ['profiles', { profiles: ['door', 'desk'] }],
      ['profiles', { profiles: [] }],
      ['expiresAt', { expiresAt: now + 2 * DAY }],
      ['expiresAt', { expiresAt: now }],
    ] as [string, Parameters<typeof narrow>[0]][]) {
      const problem = await narrow(change).catch((error) => error);
      expect([problem.code, problem.extra.details[0].path]).toEqual(['INVALID_REQUEST', path]);
    }
    expect(await access.listKeys(one)).toEqual(before);
    expect(await narrow({ scopes: ['identity'] })).toEqual(before[0]);
    expect((await actions()).filter((action) => action.startsWith('key.restrict'))).toHaveLength(6);
    expect([await use(key, '10.1.2.3'), await use(key, '10.2.2.3')]).toEqual([
      'accepted',
      'ORIGIN_NOT_ALLOWED',
    ]);
  });

  test('a key works only in its networks; only its holder gets that reason', async () => {
    await open();
    const { key } = await make({ cidrs: ['10.0.0.0/8', '2001:db8::/32'] });
    for (const [address, outcome] of [
      ['10.255.0.1', 'accepted'],
      ['::ffff:10.0.0.1', 'accepted'],
      ['2001:db8::7', 'accepted'],
      ['11.0.0.1', 'ORIGIN_NOT_ALLOWED'],
      ['::ffff:11.0.0.1', 'ORIGIN_NOT_ALLOWED'],
      ['2001:db9::7', 'ORIGIN_NOT_ALLOWED'],
      ['', 'ORIGIN_NOT_ALLOWED'],
    ] as const) {
      expect([address, await use(key, address)]).toEqual([address, outcome]);
    }
    expect(await use(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`, '11.0.0.1')).toBe(
      'INVALID_API_KEY',
    );
    await expect(access.authenticate({ credential: key, scope: 'identity' })).rejects.toMatchObject({
      code: 'ORIGIN_NOT_ALLOWED',
    });
  });

  test('an address that sends wrong keys has to wait, while the right ones behind it go on', async () => {
    await open();
    const [{ key }, gone] = [await make(), await make()];
    await access.revokeKey(one, gone.id, operator);
    const wrong = `gh_live_${'0'.repeat(38)}`;
    expect([await use(wrong), await use('hello'), await use(gone.key)]).toEqual([
      'INVALID_API_KEY',
      'INVALID_API_KEY_FORMAT',
      'INVALID_API_KEY',
    ]);
    expect([await use(wrong), await use('hello'), await use(gone.key), await use(key)]).toEqual([
      'BURST_LIMIT_EXCEEDED',
      'BURST_LIMIT_EXCEEDED',
      'BURST_LIMIT_EXCEEDED',
      'accepted',
    ]);
    const refusal = await access
      .authenticate({ credential: wrong, scope: 'identity', address: '10.0.0.1' })
      .catch((error) => error);
    expect(refusal.extra).toEqual({ retryAfterSeconds: 42 });
    expect(await use(wrong, '10.0.0.2')).toBe('INVALID_API_KEY');
    const late = await make();
    const next = await access.rotateKey(one, late.id, DAY, operator);
    expect([await use(late.key), await use(next.key)]).toEqual(['accepted', 'accepted']);
    expect([...refused]).toEqual([
      ['10.0.0.1', 3],
      ['10.0.0.2', 1],
    ]);
    await expect(access.authenticate({ scope: 'identity', address: '10.0.0.1' })).rejects.toMatchObject({
      code: 'MISSING_AUTH',
    });
  });
});
