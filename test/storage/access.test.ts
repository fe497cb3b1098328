import { afterEach, expect, test } from 'vitest';
import { type Access, createAccess, type NewKey, type Scope } from '../../service/engine/accounts/index.ts';
import { createIds, type KeyId, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { createTestAudit } from '../support/audit.ts';
import { testIntegrity } from '../support/integrity.ts';
import { onSqlite } from './databases.ts';

const operator = { is: 'operator', name: 'root' } as const;
const one = 'org_one' as OrganizationId;
const two = 'org_two' as OrganizationId;

onSqlite('access', (newLocation) => {
  let now = 10_000;
  const clock = { now: () => now };
  const ids = createIds(clock);
  let database: Database;
  let access: ReturnType<typeof createAccess>;
  let warnings: object[];
  afterEach(async () => {
    await access.settled();
    await database.close();
  });

  async function open(): Promise<Access> {
    now = 10_000;
    warnings = [];
    database = await openDatabase(await newLocation(), { clock, log: silentLog });
    const { db, inTransaction } = database;
    for (const id of [one, two]) {
      await db
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
    const log = { ...silentLog, warn: (fields: object) => void warnings.push(fields) };
    access = createAccess({
      db,
      inTransaction,
      integrity: testIntegrity,
      audit: createTestAudit({ ids, clock }),
      ids,
      clock,
      log,
    });
    return access;
  }
  const make = (change: Partial<NewKey> = {}) =>
    access.createKey({ organization: one, world: 'live', scopes: ['identity'], ...change }, operator);
  const use = (credential: string, scope: Scope = 'identity', origin?: string) =>
    access.authenticate({ credential, scope, ...(origin !== undefined && { origin }) });

  test('made, shown once, accepted; only its hash is stored', async () => {
    await open();
    const { id, key, record } = await make({ scopes: ['presence', 'identity'], prefix: 'prf', name: 'shop' });
    expect(key).toMatch(/^prf_live_[0-9A-Za-z]{38}$/);
    expect(record).toEqual({
      id,
      organization: one,
      name: 'shop',
      prefix: 'prf',
      world: 'live',
      hint: key.slice(-4),
      scopes: ['identity', 'presence'],
      origins: [],
      cidrs: [],
      profiles: [],
      browser: false,
      lineage: id,
      createdAt: 10_000,
    });
    expect(await access.listKeys(one)).toEqual([record]);
    expect(await access.listKeys(two)).toEqual([]);
    expect(await use(key)).toEqual({
      is: 'key',
      key: id,
      lineage: id,
      organization: one,
      world: 'live',
      scopes: ['identity', 'presence'],
    });
    const rows = await database.db.selectFrom('api_key').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(key.slice('prf_live_'.length));
    const audited = await database.db.selectFrom('audit').selectAll().execute();
    expect(audited).toEqual([
      expect.objectContaining({
        action: 'key.create',
        organization: one,
        target: id,
        actor: 'operator:root',
      }),
    ]);
    expect(JSON.stringify(audited)).not.toContain(key.slice(-4));
  });

  test('no credential, a malformed one, one without the scope', async () => {
    await open();
    const { key } = await make();
    await expect(access.authenticate({ scope: 'identity' })).rejects.toMatchObject({ code: 'MISSING_AUTH' });
    await expect(use('')).rejects.toMatchObject({ code: 'MISSING_AUTH' });
    for (const malformed of ['hello', 'gh_live', `Bearer ${key}`, key.replace('gh_', 'zz_'), `${key} `]) {
      await expect(use(malformed)).rejects.toMatchObject({ code: 'INVALID_API_KEY_FORMAT' });
    }
    await expect(use(key, 'presence')).rejects.toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
  });

  test('unknown, revoked and expired get the same answer', async () => {
    await open();
    const revoked = await make();
    const expired = await make({ expiresAt: 20_000 });
    const changed = revoked.key.slice(0, -1) + (revoked.key.endsWith('a') ? 'b' : 'a');
    expect(await use(expired.key)).toMatchObject({ key: expired.id });
    await access.revokeKey(one, revoked.id, operator);
    now = 20_000;
    const refusals = [];
    for (const credential of [
      changed,
      revoked.key,
      expired.key,
      expired.key.replace('_live_', '_test_'),
      expired.key.replace('gh_', 'sk_'),
    ]) {
      refusals.push(
        await use(credential, 'admin').catch(({ code, message, extra }) => ({ code, message, extra })),
      );
    }
    expect(refusals).toEqual(
      Array(5).fill({ code: 'INVALID_API_KEY', message: 'The API key is not valid.', extra: {} }),
    );
  });

  test('revoked at once, once, and by its own organization only', async () => {
    await open();
    const { id, key } = await make();
    await use(key);
    await access.settled();
    await expect(access.revokeKey(two, id, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(access.revokeKey(one, 'key_x' as KeyId, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await use(key)).toMatchObject({ key: id });
    now = 11_000;
    const revoked = await access.revokeKey(one, id, operator);
    expect(revoked).toMatchObject({ id, revokedAt: 11_000 });
    await expect(use(key)).rejects.toMatchObject({ code: 'INVALID_API_KEY' });
    now = 12_000;
    expect(await access.revokeKey(one, id, operator)).toEqual(revoked);
    const lines = await database.db
      .selectFrom('audit')
      .select('at')
      .where('action', '=', 'key.revoke')
      .execute();
    expect(lines).toEqual([{ at: 11_000 }]);
  });

  test('a browser key is held to its origins, a server key only to those it lists', async () => {
    await open();
    const origin = 'https://shop.example';
    const browser = await make({ browser: true, scopes: ['sessions'], origins: [origin] });
    const listed = await make({ origins: [origin] });
    const server = await make();
    expect(await use(browser.key, 'sessions', origin)).toMatchObject({ key: browser.id, origins: [origin] });
    expect(await use(listed.key, 'identity', origin)).toMatchObject({ key: listed.id });
    expect(await use(listed.key)).toMatchObject({ key: listed.id });
    expect(await use(server.key, 'identity', 'https://else.example')).toMatchObject({ key: server.id });
    expect(await use(server.key)).not.toHaveProperty('origins');
    const refused = { code: 'ORIGIN_NOT_ALLOWED' };
    await expect(use(browser.key, 'sessions')).rejects.toMatchObject(refused);
    for (const wrong of [
      'https://else.example',
      'http://shop.example',
      'https://shop.example:444',
      'null',
      '',
    ]) {
      await expect(use(browser.key, 'sessions', wrong)).rejects.toMatchObject(refused);
      await expect(use(listed.key, 'identity', wrong)).rejects.toMatchObject(refused);
    }
  });

  test('its last use is written at most once a minute, and a refusal is no use', async () => {
    await open();
    const { key } = await make();
    const lastUse = async () => {
      await access.settled();
      const [{ lastUsedAt, lastUsedAddress } = {}] = await access.listKeys(one);
      return [lastUsedAt, lastUsedAddress];
    };
    await use(key, 'admin').catch(() => {});
    expect(await lastUse()).toEqual([undefined, undefined]);
    await access.authenticate({ credential: key, scope: 'identity', address: '10.0.0.1' });
    expect(await lastUse()).toEqual([10_000, '10.0.0.1']);
    now = 69_999;
    await access.authenticate({ credential: key, scope: 'identity', address: '10.0.0.2' });
    expect(await lastUse()).toEqual([10_000, '10.0.0.1']);
    now = 70_000;
    await access.authenticate({ credential: key, scope: 'identity', address: '10.0.0.3' });
    expect(await lastUse()).toEqual([70_000, '10.0.0.3']);
    now = 5_000;
    await access.authenticate({ credential: key, scope: 'identity' });
    expect(await lastUse()).toEqual([5_000, undefined]);
    expect(warnings).toEqual([]);
  });

  test('a key of an organization that is not there is refused and leaves nothing', async () => {
    await open();
    await expect(make({ organization: 'org_none' as OrganizationId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(make({ scopes: [] })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await database.db.selectFrom('api_key').selectAll().execute()).toEqual([]);
    expect(await database.db.selectFrom('audit').selectAll().execute()).toEqual([]);
  });
});
