import { afterEach, describe, expect, it } from 'vitest';
import { createAccess, createLimits, type LimitedCaller } from '../../service/engine/accounts/index.ts';
import { createIds, type KeyId, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { createTestAudit } from '../support/audit.ts';
import { testIntegrity } from '../support/integrity.ts';
import { mostlyOnSqlite } from './databases.ts';

const operator = { is: 'operator', name: 'root' } as const;
const one = 'org_one' as OrganizationId;
const two = 'org_two' as OrganizationId;
const MINUTE = 60_000;
const metered = { metered: true };

mostlyOnSqlite('limits', (newLocation, _, { test }) => {
  let now = 0;
  /** The even pace; moves with `now` in `advance`, and does not when the machine's clock is set. */
  let even = 0;
  const clock = { now: () => now };
  const ids = createIds(clock);
  let database: Database;
  afterEach(() => database.close());

  function advance(ms: number): void {
    now += ms;
    even += ms;
  }

  const startLimits = (over: Partial<Database> = {}) =>
    createLimits({
      ...database,
      ...over,
      sealer: {
        emailHash: (organization, text) =>
          `hash of ${organization} ${text.trim().toLowerCase().split('').reverse().join('')}`,
      },
      audit: createTestAudit({ ids, clock }),
      clock,
      log: silentLog,
      elapsed: () => even,
    });

  async function open() {
    now = Date.UTC(2026, 10, 20, 12);
    even = 0;
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
    const access = createAccess({
      ...database,
      integrity: testIntegrity,
      audit: createTestAudit({ ids, clock }),
      ids,
      clock,
      log: silentLog,
    });
    const make = async (organization: OrganizationId, world: 'live' | 'test' = 'live') => {
      const { id } = await access.createKey({ organization, world, scopes: ['identity'] }, operator);
      return { id, caller: { organization, world, lineage: id } as LimitedCaller };
    };
    const limits = startLimits();
    return { access, limits, make };
  }
  const outcomes = async (work: Promise<unknown>[]) => {
    const settled = await Promise.allSettled(work);
    return settled.map((one) => (one.status === 'fulfilled' ? 'in' : (one.reason as { code: string }).code));
  };
  const times = (n: number, code: string) => Array<string>(n).fill(code);

  it('of many requests at once a key gets its burst, and the rest the time to retry', async () => {
    const { limits, make } = await open();
    const { caller } = await make(one);
    const all = Array.from({ length: 700 }, () => limits.admit(caller, { metered: false }));
    expect(await outcomes(all)).toEqual([...times(600, 'in'), ...times(100, 'BURST_LIMIT_EXCEEDED')]);
    advance(MINUTE - 1);
    const refusal = await limits.admit(caller, metered).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'BURST_LIMIT_EXCEEDED', extra: { retryAfterSeconds: 5.001 } });
    advance(5_001);
    expect(await outcomes([limits.admit(caller, metered)])).toEqual(['in']);
  });

  test('a key’s own burst goes before its organization’s; other keys are not touched; test keys are held too', async () => {
    const { limits, make } = await open();
    const [narrow, other, trial, foreign] = [
      await make(one),
      await make(one),
      await make(one, 'test'),
      await make(two),
    ];
    await limits.set(one, { burst: 2 }, operator);
    await limits.set(one, { burst: 1 }, operator, narrow.id);
    for (const [caller, most] of [
      [narrow.caller, 1],
      [other.caller, 2],
      [trial.caller, 2],
      [foreign.caller, 3],
    ] as const) {
      const asked = Array.from({ length: 3 }, () => limits.admit(caller, metered));
      expect(await outcomes(asked)).toEqual([
        ...times(most, 'in'),
        ...times(3 - most, 'BURST_LIMIT_EXCEEDED'),
      ]);
    }
  });

  test('limits that cannot be read are the defaults until they are set again, and stop no request', async () => {
    const { limits, make } = await open();
    const { caller, id } = await make(one);
    await limits.set(one, { burst: 1 }, operator);
    await limits.set(one, { burst: 2 }, operator, id);
    for (const table of ['organization', 'api_key'] as const)
      await database.db.updateTable(table).set({ limits: 'y"burst":1}' }).execute();
    limits.forgetRead();
    const asked = Array.from({ length: 3 }, () => limits.admit(caller, metered));
    expect(await outcomes(asked)).toEqual(times(3, 'in'));
    expect(await limits.show(one)).toMatchObject({ organization: { limit: null } });
    await limits.set(one, { monthly: 3 }, operator);
    await limits.set(one, { burst: 600 }, operator, id);
    expect(await outcomes([limits.admit(caller, metered)])).toEqual(['MONTHLY_LIMIT_EXCEEDED']);
  });

  test('a month’s quota counts what was judged, in the live world, until the month ends', async () => {
    const { limits, make } = await open();
    const [{ caller, id }, trial] = [await make(one), await make(one, 'test')];
    await limits.set(one, { monthly: 3 }, operator);
    await limits.admit(trial.caller, metered);
    await limits.admit(caller, { metered: false });
    const first = await limits.admit(caller, metered);
    first.answered(null);
    const invalid = await limits.admit(caller, metered);
    invalid.answered('INVALID_REQUEST');
    invalid.answered('INVALID_REQUEST');
    const failed = await limits.admit(caller, metered);
    failed.answered('CHECK_FAILED');
    expect(await limits.show(one, id)).toMatchObject({
      organization: { used: 2, limit: 3 },
      key: { used: 2, limit: null },
    });
    const rest = Array.from({ length: 4 }, () => limits.admit(caller, metered));
    expect(await outcomes(rest)).toEqual(['in', ...times(3, 'MONTHLY_LIMIT_EXCEEDED')]);
    const refusal = await limits.admit(caller, metered).catch((error) => error);
    expect(refusal.extra.retryAfterSeconds).toBe((Date.UTC(2026, 11, 1) - now) / 1000);
    expect(await outcomes([limits.admit(caller, { metered: false })])).toEqual(['in']);
    expect(await outcomes([limits.admit(trial.caller, metered)])).toEqual(['in']);
    advance(Date.UTC(2026, 11, 1) - now);
    expect(await outcomes([limits.admit(caller, metered)])).toEqual(['in']);
    expect((await limits.show(one)).organization).toEqual({ used: 1, limit: 3 });
    expect((await limits.show(two)).organization).toEqual({ used: 0, limit: null });
  });

  test.each([
    ...['PROFILE_NOT_ALLOWED', 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'],
    ...['CONFLICT', 'IDEMPOTENCY_KEY_REUSED', 'ORGANIZATION_MISMATCH'],
  ] as const)('%s, refused before anything was judged, uses up nothing', async (code) => {
    const { limits, make } = await open();
    const { caller } = await make(one);
    const admitted = await limits.admit(caller, metered);
    expect((await limits.show(one)).organization.used).toBe(1);
    admitted.answered(code);
    expect((await limits.show(one)).organization.used).toBe(0);
  });

  test('of one visitor of a page no more is taken than the limit of an address; the others go on', async () => {
    const { limits, make } = await open();
    const { id, caller } = await make(one);
    await limits.set(one, { perAddress: 3 }, operator);
    const from = (address: string) => limits.admit(caller, { metered: false, address });
    expect(await outcomes(Array.from({ length: 5 }, () => from('192.0.2.7')))).toEqual([
      ...times(3, 'in'),
      ...times(2, 'BURST_LIMIT_EXCEEDED'),
    ]);
    // One host chooses among the addresses of its network.
    const network = ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:f::', '2001:db8::4'].map(from);
    expect(await outcomes(network)).toEqual([...times(3, 'in'), 'BURST_LIMIT_EXCEEDED']);
    await expect(from('192.0.2.7')).rejects.toMatchObject({ extra: { retryAfterSeconds: 65 } });
    // What an address was refused counts for no other, and not for the key.
    await limits.set(one, { burst: 7 }, operator, id);
    await from('192.0.2.8');
    await expect(from('2001:db8:0:0:f::')).rejects.toThrow('From one address 3 requests');
    await expect(limits.admit(caller, { metered: false })).rejects.toThrow('may send 7 requests');
    await limits.set(one, { burst: 100, perAddress: 4 }, operator, id);
    await from('192.0.2.7');
    await expect(from('192.0.2.7')).rejects.toThrow('From one address 4 requests a minute are taken.');
    advance(MINUTE + 5_000);
    await from('192.0.2.7');
  });

  test('few addresses that use up the minute of a page do not shut out the others', async () => {
    const { limits, make } = await open();
    const { id, caller } = await make(one);
    await limits.set(one, { perAddress: 10, burst: 20 }, operator, id);
    const from = (address: string, times = 1) =>
      outcomes(Array.from({ length: times }, () => limits.admit(caller, { metered: false, address })));
    const refused = 'BURST_LIMIT_EXCEEDED';
    for (const address of ['192.0.2.1', '192.0.2.2']) expect(await from(address, 10)).not.toContain(refused);
    expect(await from('192.0.2.3', 6)).toEqual([...times(5, 'in'), refused]);
    expect(await from('192.0.2.1', 6)).toEqual(Array(6).fill(refused));
    // Of one IPv6 site four times as many.
    for (let i = 0; i < 4; i++)
      expect(await from(`2001:db8:7:${i}::1`, 6)).toEqual([...times(5, 'in'), refused]);
    expect(await from('2001:db8:7:9::1')).toEqual([refused]);
    // In all ten times as many: 155 more.
    for (let i = 0; i < 31; i++) expect(await from(`192.0.2.${10 + i}`, 5)).not.toContain(refused);
    expect(await from('192.0.2.99')).toEqual([refused]);
    advance(MINUTE + 5_000);
    expect(await from('192.0.2.1')).toEqual(['in']);
  });

  test('where the limit of an address was raised, it has as much more of a minute that is used up', async () => {
    const { limits, make } = await open();
    const { id, caller } = await make(one);
    await limits.set(one, { perAddress: 600, burst: 600 }, operator, id);
    const from = (address: string, times: number) =>
      outcomes(Array.from({ length: times }, () => limits.admit(caller, { metered: false, address })));
    await from('192.0.2.1', 600);
    expect(await from('192.0.2.2', 26)).toEqual([...times(25, 'in'), 'BURST_LIMIT_EXCEEDED']);
  });

  test('of one IPv6 site no more is taken than of four addresses, and visits in test mode use up none of the others', async () => {
    const { limits, make } = await open();
    const { id, caller } = await make(one);
    await limits.set(one, { perAddress: 3, burst: 20 }, operator, id);
    const test = { ...caller, world: 'test' as const };
    const visit = (who: typeof caller, address: string) => limits.admitVisit(who, address);
    const site = Array.from({ length: 15 }, (_, i) => visit(test, `2001:db8:7:${i}::1`));
    expect(await outcomes(site)).toEqual([...times(12, 'in'), ...times(3, 'BURST_LIMIT_EXCEEDED')]);
    const many = Array.from({ length: 20 }, (_, i) => visit(caller, `192.0.2.${i}`));
    expect(await outcomes(many)).toEqual(times(20, 'in'));
  });

  it('of one flow a thousand visits a day are taken in the test world, also over restarts; the live world has its own limits', async () => {
    const { limits, make } = await open();
    const { caller } = await make(one);
    await limits.set(one, { burst: 3_000 }, operator);
    const tested: LimitedCaller = { ...caller, world: 'test' };
    const visits = (n: number, who = tested, at = limits) =>
      outcomes(Array.from({ length: n }, () => at.admitVisit(who, undefined)));
    expect(await visits(999)).toEqual(times(999, 'in'));
    const unused = await limits.admitVisit(tested, undefined);
    unused.answered('STORAGE_FULL');
    expect(await visits(2)).toEqual(['in', 'BURST_LIMIT_EXCEEDED']);
    await expect(limits.admitVisit(tested, undefined)).rejects.toMatchObject({
      message: expect.stringContaining('1,000 visits a day'),
      extra: { retryAfterSeconds: 12 * 3600 },
    });
    await limits.flush();
    const next = startLimits();
    await next.load();
    expect(await visits(1, tested, next)).toEqual(['BURST_LIMIT_EXCEEDED']);
    expect(await visits(1, { ...tested, lineage: 'flow_other' }, next)).toEqual(['in']);
    expect(await visits(1_100, caller, next)).toEqual(times(1_100, 'in'));
    advance(12 * 60 * MINUTE);
    expect(await visits(1_001, tested, next)).toEqual([...times(1_000, 'in'), 'BURST_LIMIT_EXCEEDED']);
    expect((await next.show(one)).visits).toEqual({ used: 1_100, limit: null });
  });

  test('the address of a visitor stands in no counter', async () => {
    const { limits, make } = await open();
    const { caller } = await make(one);
    // One visit is not written.
    for (let i = 0; i < 2; i++) await limits.admit(caller, { metered: false, address: '192.0.2.7' });
    await limits.flush();
    const rows = await database.db.selectFrom('usage_counter').select('name').execute();
    expect(rows.map(({ name }) => name).sort()).toEqual([
      `burst/${caller.lineage}`,
      `visitor/${caller.lineage}/hash of org_one 7.2.0.291`,
    ]);
  });

  test('what a request turned out to ask for is counted for the month alone', async () => {
    const { limits, make } = await open();
    const [{ caller }, trial] = [await make(one), await make(one, 'test')];
    await limits.set(one, { monthly: 1, burst: 1 }, operator);
    await limits.meter(trial.caller);
    const refused = await limits.meter(caller);
    refused.answered('INVALID_REQUEST');
    const all = Array.from({ length: 3 }, () => limits.meter(caller));
    expect(await outcomes(all)).toEqual(['in', ...times(2, 'MONTHLY_LIMIT_EXCEEDED')]);
    expect(await outcomes([limits.admit(caller, { metered: false })])).toEqual(['in']);
  });

  test('a key’s quota is its successors’ too', async () => {
    const { limits, access, make } = await open();
    const { caller, id } = await make(one);
    await limits.set(one, { monthly: 1 }, operator, id);
    await limits.admit(caller, metered);
    const { id: next, record } = await access.rotateKey(one, id, 0, operator);
    expect(record.lineage).toBe(caller.lineage);
    expect((await limits.show(one, next)).key).toEqual({ lineage: id, used: 1, limit: 1 });
    // Read afresh, as after a restart.
    await limits.flush();
    const again = startLimits();
    await again.load();
    expect(await outcomes([again.admit(caller, metered)])).toEqual(['MONTHLY_LIMIT_EXCEEDED']);
  });

  test('a trial ends only for live keys', async () => {
    const { limits, make } = await open();
    const [live, trial, foreign] = [await make(one), await make(one, 'test'), await make(two)];
    await limits.set(one, { trialUntil: now + 10 }, operator);
    const ask = () =>
      outcomes([live, trial, foreign].map(({ caller }) => limits.admit(caller, { metered: false })));
    expect(await ask()).toEqual(['in', 'in', 'in']);
    advance(10);
    expect(await ask()).toEqual(['TRIAL_EXPIRED', 'in', 'in']);
    await limits.set(one, { trialUntil: null }, operator);
    expect(await ask()).toEqual(['in', 'in', 'in']);
  });

  test('one person is asked about ten times a minute; of another organization or world nothing is known', async () => {
    const { limits } = await open();
    const realm = { organization: one, world: 'live' } as const;
    const asked = Array.from({ length: 12 }, () => limits.admitPerson(realm, 'ada@example.com'));
    expect(await outcomes(asked)).toEqual([...times(10, 'in'), ...times(2, 'USER_FLOOD_DETECTED')]);
    expect(
      await outcomes([
        limits.admitPerson({ ...realm, world: 'test' }, 'ada@example.com'),
        limits.admitPerson({ ...realm, organization: two }, 'ada@example.com'),
        limits.admitPerson(realm, 'grace@example.com'),
      ]),
    ).toEqual(['in', 'in', 'in']);
    await limits.flush();
    const rows = () => database.db.selectFrom('usage_counter').selectAll().execute();
    // Who was asked about once is not written.
    expect(await rows()).toHaveLength(1);
    await limits.admitPerson(realm, 'grace@example.com');
    await limits.flush();
    expect(await rows()).toHaveLength(2);
    expect(JSON.stringify(await rows())).not.toMatch(/(ada|grace)@/);
  });

  test('an address in any spelling is one person; of the hashes of users every character counts', async () => {
    const { limits } = await open();
    const realm = { organization: one, world: 'live' } as const;
    const person = Array.from({ length: 12 }, (_, i) =>
      limits.admitPerson(realm, i % 2 === 0 ? 'Ada@Example.com' : ' ada@example.com'),
    );
    expect(await outcomes(person)).toEqual([...times(10, 'in'), ...times(2, 'USER_FLOOD_DETECTED')]);
    for (const user of ['User_A', 'user_a', ' user_a', 'ada@example.com']) {
      const asked = Array.from({ length: 11 }, () => limits.admitUser(realm, user));
      expect(await outcomes(asked)).toEqual([...times(10, 'in'), 'USER_FLOOD_DETECTED']);
    }
  });

  test('no hash of a user is the counter of an address from which a page asks', async () => {
    const { limits } = await open();
    const realm = { organization: one, world: 'live' } as const;
    for (const user of ['from/203.0.113.5', '203.0.113.5'])
      await outcomes(Array.from({ length: 10 }, () => limits.admitUser(realm, user)));
    const visits = Array.from({ length: 61 }, (_, i) => limits.admitUser(realm, `user_${i}`, '203.0.113.5'));
    expect(await outcomes(visits)).toEqual([...times(60, 'in'), 'USER_FLOOD_DETECTED']);
  });

  describe('a restart', () => {
    it('forgets nothing that was written, and of minutes nothing in between', async () => {
      const { limits, make } = await open();
      const { caller } = await make(one);
      await limits.set(one, { burst: 2, monthly: 10 }, operator);
      await limits.admit(caller, metered);
      await limits.admit(caller, metered);
      for (let i = 0; i < 20; i++) limits.refusals.count('203.0.113.9');
      await limits.flush();
      even = 0;
      now += 1_000;
      const again = startLimits();
      await again.load();
      expect(await outcomes([again.admit(caller, metered)])).toEqual(['BURST_LIMIT_EXCEEDED']);
      expect(await again.refusals.wait('203.0.113.9')).toBe(64);
      expect((await again.show(one)).organization).toEqual({ used: 2, limit: 10 });
    });

    test('under a clock that was set back or forth resets no month and blocks no key for longer than a minute', async () => {
      const { limits, make } = await open();
      const { caller } = await make(one);
      await limits.set(one, { burst: 1, monthly: 2 }, operator);
      await limits.admit(caller, metered);
      await limits.flush();
      const right = now;
      for (const wrong of [Date.UTC(1999, 0, 1), Date.UTC(2050, 0, 1), right]) {
        now = wrong;
        const again = startLimits();
        await again.load();
        if (wrong < right) {
          expect(await outcomes([again.admit(caller, metered)])).toEqual(['BURST_LIMIT_EXCEEDED']);
        }
        advance(MINUTE + 5_000);
        await again.flush();
      }
      const last = startLimits();
      await last.load();
      expect((await last.show(one)).organization).toEqual({ used: 1, limit: 2 });
    });
  });

  test('while it runs, a clock that jumps changes no minute', async () => {
    const { limits, make } = await open();
    const { caller } = await make(one);
    await limits.set(one, { burst: 1 }, operator);
    await limits.admit(caller, metered);
    for (const jump of [-100_000_000_000, 200_000_000_000]) {
      now += jump;
      expect(await outcomes([limits.admit(caller, metered)])).toEqual(['BURST_LIMIT_EXCEEDED']);
    }
    advance(MINUTE + 5_000);
    expect(await outcomes([limits.admit(caller, metered)])).toEqual(['in']);
  });

  it('minutes that are over are deleted; thirteen months of a counter are kept', async () => {
    const { limits, make } = await open();
    const { caller } = await make(one);
    for (let month = 0; month < 15; month++) {
      await limits.admit(caller, metered);
      await limits.flush();
      advance(31 * 24 * 60 * MINUTE);
    }
    await limits.flush();
    const rows = await database.db.selectFrom('usage_counter').select(['name', 'period']).execute();
    expect(rows.filter(({ name }) => !name.startsWith('month/'))).toEqual([]);
    expect(rows.filter(({ name }) => name === `month/${one}`)).toHaveLength(13);
  });

  test('what cannot be written is written later', async () => {
    const { make } = await open();
    const { caller } = await make(one);
    let full = true;
    const warnings: string[] = [];
    const limits = createLimits({
      ...database,
      inTransaction: (work) => (full ? Promise.reject(new Error('full')) : database.inTransaction(work)),
      sealer: { emailHash: () => 'x' },
      audit: createTestAudit({ ids, clock }),
      clock,
      log: { ...silentLog, warn: (_, message) => void warnings.push(message) },
    });
    await limits.admit(caller, metered);
    await limits.flush();
    await limits.flush();
    full = false;
    await limits.flush();
    expect(warnings).toEqual(['usage could not be written; it is tried again']);
    const again = startLimits();
    await again.load();
    expect((await again.show(one)).organization.used).toBe(1);
  });

  test('a change is audited, checked, and refused for what is not there', async () => {
    const { limits, make } = await open();
    const { id } = await make(one);
    await limits.set(one, { burst: 5, monthly: 7 }, operator);
    advance(1);
    expect(await limits.set(one, { monthly: null }, operator)).toMatchObject({
      burst: 5,
      organization: { limit: null },
    });
    const lines = await database.db
      .selectFrom('audit')
      .select(['target', 'details'])
      .where('action', '=', 'limits.set')
      .orderBy('id')
      .execute();
    expect(lines.map(({ target, details }) => [target, JSON.parse(details)])).toEqual([
      [one, { from: {}, to: { burst: 5, monthly: 7 } }],
      [one, { from: { burst: 5, monthly: 7 }, to: { burst: 5, monthly: null } }],
    ]);
    const none = 'org_none' as OrganizationId;
    for (const [work, code] of [
      [() => limits.show(none), 'NOT_FOUND'],
      [() => limits.set(none, { burst: 1 }, operator), 'NOT_FOUND'],
      [() => limits.show(two, id), 'NOT_FOUND'],
      [() => limits.set(two, { burst: 1 }, operator, id), 'NOT_FOUND'],
      [() => limits.show(one, 'key_none' as KeyId), 'NOT_FOUND'],
      [() => limits.set(one, {}, operator), 'INVALID_REQUEST'],
      [() => limits.set(one, { perUser: 1 }, operator, id), 'INVALID_REQUEST'],
    ] as const) {
      await expect(work()).rejects.toMatchObject({ code });
    }
  });
});
