import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOrders, type OrdersDeps } from '../../service/engine/live/index.ts';
import { createIds, type OrganizationId, type SubjectId } from '../../service/lib/id.ts';
import { hashLinkToken } from '../../service/lib/link-token.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, type DatabaseLocation, openDatabase } from '../../service/storage/connection.ts';
import { openKeyStore } from '../../service/storage/keys/key-store.ts';
import { createMasterKey } from '../../service/storage/master/master-key.ts';
import { migrations } from '../../service/storage/migrations/index.ts';
import { createSealer } from '../../service/storage/sealing/sealed.ts';
import { packed } from '../upgrade/expected.ts';
import { postgresFixture, unpackFixture } from '../upgrade/unpack-fixture.ts';
import { onBothDatabases } from './databases.ts';

const deps = { clock: { now: () => 7 }, log: silentLog };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-last-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

onBothDatabases('the database of the last 0.1', (newLocation, kind) => {
  async function location(): Promise<DatabaseLocation> {
    if (kind === 'sqlite') {
      unpackFixture(folder);
      return { kind, path: join(folder, packed.data, 'gatehouse.db') };
    }
    const made = await newLocation('empty');
    if (made.kind !== 'postgres') throw new Error(`${made.kind} is no PostgreSQL.`);
    const client = new pg.Client({ connectionString: made.url });
    await client.connect();
    await client.query(postgresFixture());
    await client.end();
    return made;
  }

  const shape = async ({ db, dialect }: Database): Promise<object[]> => {
    const { rows } = await (dialect === 'sqlite'
      ? sql<object>`select t.name as "table", c.name, lower(c.type) as type, c."notnull", c.dflt_value, c.pk
          from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite_%'
        union all select tbl_name, name, '', 0, null, 0 from sqlite_schema where type = 'index' order by 1, 2`
      : sql<object>`select table_name as "table", column_name as name, data_type as type, is_nullable, column_default, collation_name
          from information_schema.columns where table_schema = 'public'
        union all select tablename, indexname, indexdef, '', '', '' from pg_indexes where schemaname = 'public' order by 1, 2, 3`
    ).execute(db);
    return rows;
  };

  test('is brought to the baseline in one step, with every person', async () => {
    const announced: unknown[] = [];
    const database = await openDatabase(await location(), {
      ...deps,
      announce: (one) => announced.push(one),
    });
    const fresh = await openDatabase(await newLocation('empty'), deps);
    expect(await shape(database)).toEqual(await shape(fresh));
    expect(database.version).toBe(migrations.at(-1)!.name);
    const people = await database.db
      .selectFrom('subject')
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    expect(Number(people.count)).toBe(5);
    const snapshot =
      kind === 'sqlite' ? expect.stringContaining('snapshots/0055-session-pictures-') : undefined;
    expect(announced).toEqual([
      { what: 'database', from: '0055-session-pictures', to: migrations.at(-1)!.name, snapshot },
    ]);
    for (const { close } of [database, fresh]) await close();
  });

  function literalOf(value: unknown): string {
    if (value === null) return 'null';
    if (typeof value === 'number') return String(value);
    if (value instanceof Uint8Array) {
      const hex = Buffer.from(value).toString('hex');
      return kind === 'sqlite' ? `x'${hex}'` : `'\\x${hex}'`;
    }
    return `'${String(value).replaceAll("'", "''")}'`;
  }

  /** Statements that a test adds rows with. */
  function collectRows() {
    const rows: string[] = [];
    const insert = (table: string, ...values: object[]) =>
      rows.push(
        ...values.map((row) => {
          const literals = Object.values(row).map((value) => literalOf(value));
          return `insert into ${table} (${Object.keys(row).join(', ')}) values (${literals.join(', ')})`;
        }),
      );
    return { rows, insert };
  }
  const organization = {
    id: 'org_1',
    name: 'kept',
    created_at: 7,
    match_only: 0,
    uniqueness_policy: 'off',
    consent_policy: 'attested',
  };

  /** As another program does, before it is opened. */
  async function change(made: DatabaseLocation, statements: string): Promise<void> {
    if (made.kind === 'postgres') {
      const client = new pg.Client({ connectionString: made.url });
      await client.connect();
      await client.query(statements);
      await client.end();
    } else if (made.kind === 'sqlite') {
      const file = new Sqlite(made.path);
      file.exec(statements);
      file.close();
    }
  }

  test('of copies of a window of behavior the one that was first seen stays', async () => {
    const made = await location();
    await change(
      made,
      `insert into behavior_window (organization, world, fingerprint, sid_hash, seq, up_ms, seen_at)
        select id, 'live', 'abcdefghijklmnopqrstuv', 'e5', 3, 0.5, 2 from organization where name = 'Museum';
       insert into behavior_window (organization, world, fingerprint, sid_hash, seq, up_ms, seen_at)
        select id, 'live', 'abcdefghijklmnopqrstuv', 'd4', 3, 0.5, 1 from organization where name = 'Museum'`,
    );
    const { db, close } = await openDatabase(made, deps);
    const rows = await db.selectFrom('behavior_window').select(['sid_hash', 'seen_at']).execute();
    await close();
    expect(rows).toEqual([{ sid_hash: 'd4', seen_at: 1 }]);
  });

  test('of a consent it says that the text was shown where the page of a kiosk did', async () => {
    const made = await location();
    const { rows, insert } = collectRows();
    insert('organization', organization);
    insert('subject', {
      id: 'sub_1',
      organization: 'org_1',
      world: 'live',
      email_hash: 'h',
      email_sealed: new Uint8Array([1]),
      created_at: 1,
      updated_at: 1,
    });
    const consent = (id: string, more: object = {}) => ({
      id,
      organization: 'org_1',
      subject: 'sub_1',
      text_version: 'gatehouse-kiosk-2',
      purposes: '["verification"]',
      method: 'kiosk, typed name',
      legal_basis: 'explicit consent',
      given_at: 1,
      recorded_by: 'kiosk:ksk_1/adm_1',
      recorded_through: 'self',
      ...more,
    });
    insert(
      'consent',
      consent('cns_desk', { method: 'kiosk, signed before the operator' }),
      consent('cns_key', { recorded_by: 'key:key_1' }),
      consent('cns_kiosk'),
      consent('cns_staff', { recorded_through: 'operator' }),
    );
    await change(made, rows.join(';\n'));
    const { db, close } = await openDatabase(made, deps);
    const shown = await db
      .selectFrom('consent')
      .select('id')
      .where('organization', '=', 'org_1')
      .where('shown', '=', 1)
      .execute();
    await close();
    expect(shown).toEqual([{ id: 'cns_kiosk' }]);
  });

  test('nothing that waits in its queue is lost, and each keeps its place', async () => {
    const made = await location();
    const { rows, insert } = collectRows();
    rows.push(
      ...['webhook_attempt', 'webhook_delivery', 'job_schedule', 'job'].map(
        (table) => `delete from ${table}`,
      ),
    );
    const realm = { organization: 'org_1', world: 'live' };
    insert('organization', organization);
    insert('webhook_endpoint', {
      id: 'wh_1',
      ...realm,
      kind: 'endpoint',
      family: 'identity',
      url: 'https://x.example',
      description: '',
      events: '[]',
      signature: 'standard',
      secret_sealed: new Uint8Array([1]),
      state: 'enabled',
      state_at: 1,
      created_at: 1,
      created_by: 'operator:ada',
    });
    insert('alert_rule', {
      id: 'rule_1',
      ...realm,
      name: 'r',
      metric: 'm',
      definition: '{}',
      enabled: 1,
      created_at: 1,
      created_by: 'operator:ada',
    });
    insert('alert', {
      id: 'alr_1',
      ...realm,
      rule: 'rule_1',
      metric: 'm',
      value: 1,
      threshold: 1,
      fired_at: 1,
      hold_until: 2,
      notified: '{}',
    });
    const job = (seq: number, state: string, more: object) => ({
      id: `job_${seq}`,
      seq,
      kind: 'webhook',
      state,
      priority: 2,
      lane: 'wh_1',
      organization: 'org_1',
      payload: '{}',
      run_at: 50 + seq,
      attempts: 0,
      fence: 1,
      lease_until: null,
      created_at: 3,
      ...more,
    });
    const mail = (to: number) => ({
      kind: 'mail',
      lane: null,
      payload: JSON.stringify({ alert: 'alr_1', to }),
    });
    insert(
      'job',
      job(1, 'leased', { lease_until: 9, attempts: 2 }),
      job(2, 'waiting', {}),
      job(3, 'waiting', { run_at: 0 }),
      job(4, 'done', { finished_at: 4 }),
      job(5, 'waiting', { ...mail(0), attempts: 1, last_error: 'refused' }),
      job(6, 'dead', { ...mail(1), attempts: 5, finished_at: 6, last_error: 'gone' }),
      job(7, 'done', { ...mail(2), finished_at: 6 }),
      job(8, 'leased', { kind: 'backup-drill', lane: null }),
      job(9, 'dead', { kind: 'backups', lane: null, finished_at: 8, last_error: 'An internal error.' }),
      job(10, 'waiting', { kind: 'retention', lane: null }),
    );
    insert(
      'job_schedule',
      { name: 'backups', every: 60, next_at: 70, last_job: 'job_9' },
      { name: 'retention', every: 60, next_at: 71, last_job: 'job_10' },
      { name: 'sessions', every: 60, next_at: 72, last_job: null },
    );
    const delivery = (id: string, state: string, jobId: string | null, more: object = {}) => ({
      id,
      ...realm,
      endpoint: 'wh_1',
      event: 'evt_1',
      event_name: 'identity.x',
      origin: 'event',
      state,
      job: jobId,
      attempts: 0,
      next_at: 40,
      created_at: 2,
      mac: `mac of ${id}`,
      ...more,
    });
    insert(
      'webhook_delivery',
      // Their order is that of their jobs, whatever their ids.
      delivery('dlv_c', 'waiting', 'job_1', { attempts: 2, state_reason: 'busy' }),
      delivery('dlv_b', 'waiting', 'job_2'),
      delivery('dlv_a', 'failed', 'job_3', { attempts: 10, finished_at: 5 }),
      delivery('dlv_d', 'delivered', 'job_4', { attempts: 1, next_at: null, finished_at: 4 }),
      delivery('dlv_e', 'waiting', null),
      delivery('dlv_f', 'waiting', 'job_gone', { attempts: 3 }),
    );
    insert('webhook_attempt', {
      id: 'att_1',
      delivery: 'dlv_c',
      number: 1,
      at: 1,
      outcome: 'status',
      status: 500,
      milliseconds: 2,
    });
    await change(made, rows.join(';\n'));

    const now = await openDatabase(made, deps);
    const deliveries = await now.db
      .selectFrom('delivery')
      .select(['id', 'kind', 'event', 'event_name', 'state', 'attempts', 'tries', 'next_at', 'mac'])
      .orderBy('seq')
      .execute();
    const attempts = await now.db.selectFrom('delivery_attempt').select(['id', 'delivery']).execute();
    const works = await now.db.selectFrom('recurring_work').selectAll().orderBy('kind').execute();
    await now.close();
    const shown = deliveries.map((row) => [row.id, row.state, row.attempts, row.tries, row.next_at, row.mac]);
    expect(shown).toEqual([
      ['dlv_d', 'delivered', 1, 1, null, 'mac of dlv_d'],
      ['dlv_e', 'waiting', 0, 0, null, 'mac of dlv_e'],
      ['dlv_f', 'waiting', 3, 3, 40, 'mac of dlv_f'],
      ['dlv_c', 'waiting', 2, 2, 51, 'mac of dlv_c'],
      ['dlv_b', 'waiting', 0, 0, 52, 'mac of dlv_b'],
      ['dlv_a', 'failed', 10, 0, 0, 'mac of dlv_a'],
      ['dlv_5', 'waiting', 1, 1, 55, null],
      ['dlv_6', 'failed', 5, 5, null, null],
    ]);
    expect(deliveries.slice(-2).map(({ kind, event, event_name }) => [kind, event, event_name])).toEqual([
      ['mail', 'alr_1', 'mail.0'],
      ['mail', 'alr_1', 'mail.1'],
    ]);
    expect(attempts).toEqual([{ id: 'att_1', delivery: 'dlv_c' }]);
    const idle = { last_milliseconds: null, claimed_by: null, claimed_until: null, fence: 0 };
    expect(works).toEqual([
      { ...idle, kind: 'backup-drill', every: null, next_at: 0, last_at: null, last_error: null },
      { ...idle, kind: 'backups', every: 60, next_at: 70, last_at: 8, last_error: 'An internal error.' },
      { ...idle, kind: 'retention', every: 60, next_at: 0, last_at: null, last_error: null },
      { ...idle, kind: 'sessions', every: 60, next_at: 72, last_at: null, last_error: null },
    ]);
  });

  test('orders of every kind go on as they were, and what was sealed opens', async () => {
    const made = await location();
    const now = Date.UTC(2026, 10, 20);
    const clock = { now: () => now };
    const keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
    const sealer = await createSealer({
      keys,
      master: createMasterKey(new Uint8Array(32)),
      clock,
      log: silentLog,
    });
    const realm = { organization: 'org_1' as OrganizationId, world: 'live' as const };
    const subject = 'sub_1' as SubjectId;
    await sealer.createOrganization(realm.organization);
    await sealer.createPerson(realm.organization, subject);
    const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value));
    /** As 0.1 did. */
    const own = (field: string, value: object) =>
      sealer.sealOwn({ organization: realm.organization, field, version: 1 }, bytes(value));
    const of = (field: string, value: object) =>
      sealer.seal({ ...realm, subject, field, version: 1 }, bytes(value));
    const { rows, insert } = collectRows();
    insert('organization', organization);
    const row = (id: string, more: object) => ({
      id,
      ...realm,
      created_at: now - 60_000,
      created_by: 'operator:ada',
      expires_at: now + 60_000,
      ...more,
    });
    const page = {
      texts: { en: { title: 'Ours' }, de: {} },
      redirects: { success: 'https://app.example.com/' },
    };
    const link = (id: string, more: object) =>
      row(id, {
        token_hash: hashLinkToken(id),
        product: 'verifyhuman',
        page_sealed: own(`hosted_link.page/${id}`, page),
        email_hash: null,
        status: 'PENDING',
        reasons: '[]',
        ...more,
      });
    insert(
      'hosted_link',
      link('ver_waits', {}),
      link('ver_over', { expires_at: now - 1 }),
      link('ver_taken', { expires_at: now - 1, session: 'sess_1', opened_at: now - 2 }),
      link('ver_age', {
        product: 'verifyage',
        status: 'FAIL',
        reasons: '["UNDER_AGE"]',
        completed_at: now - 1,
      }),
      link('ver_visit', {
        token_hash: null,
        flow: 'flw_1',
        status: 'PASS',
        session: 'sess_2',
        completed_at: now,
      }),
    );
    const region = `o'ne "{'two'}" \\ ü`;
    const referenceHash = (reference: string) =>
      sealer.emailHash(
        realm.organization,
        `reference:${createHash('sha256').update(reference).digest('hex')}`,
      );
    const invitation = (id: string, reference: string, more: object) =>
      row(id, {
        token_hash: hashLinkToken(id),
        reference_hash: referenceHash(reference),
        request_sealed: own(`registration.request/${id}`, {
          reference,
          redirect: 'https://app.example.com/',
        }),
        region,
        data_request: 'humanness-and-id',
        status: 'pending',
        ...more,
      });
    insert(
      'registration',
      invitation('reg_old', 'user_1', { status: 'replaced', completed_at: now - 5 }),
      invitation('reg_waits', 'user_1', {}),
      invitation('reg_done', 'user_2', {
        status: 'completed',
        subject,
        request_sealed: await of('registration.request/reg_done', { reference: 'user_2' }),
        humanness_score: 0.123456789012345,
        unique_human: 'ab12',
        session: 'sess_3',
        opened_at: now - 9,
        completed_at: now - 3,
      }),
      invitation('reg_failed', 'user_3', { status: 'failed', failure_code: 'not-unique', completed_at: now }),
    );
    const presence = async (id: string, more: object) =>
      row(id, {
        lineage: 'key_1',
        link_hash: hashLinkToken(id),
        state: 'pending',
        subject,
        request_sealed: await of(`presence_session.request/${id}`, { purpose: 'Deploy', nonce: '8f' }),
        ttl_seconds: 60,
        single_use: 1,
        ...more,
      });
    insert(
      'presence_session',
      await presence('prs_waits', {
        subject: null,
        request_sealed: own('presence_session.request/prs_waits', { purpose: 'Deploy' }),
      }),
      await presence('prs_over', { expires_at: now - 1, session: 'sess_4', begun_at: now - 9 }),
      await presence('prs_gone', { state: 'cancelled', reason: 'declined', decided_at: now - 2 }),
      await presence('prs_there', {
        state: 'verified',
        session: 'sess_5',
        begun_at: now - 9,
        decided_at: now - 4,
        token_id: 'jti_1',
        token_sealed: await of('presence_session.token/prs_there', {
          token: 'signed',
          email: 'a@example.com',
        }),
        token_expires_at: now + 9,
      }),
    );
    await change(made, rows.join(';\n'));

    const { db, inTransaction, close } = await openDatabase(made, deps);
    const orders = createOrders({
      db,
      inTransaction,
      sealer,
      clock,
      ids: createIds(clock),
      random: randomFillSync,
      organizations: {
        get: async () => ({ name: 'kept', redirectTargets: ['app.example.com'] }),
        asTextOwner: async () => ({ name: 'kept', redirectTargets: ['app.example.com'], retention: {} }),
        brandingOf: async () => ({ name: 'kept' }),
      },
      access: { originsOf: async () => [] },
      uniqueness: { termsOf: async () => ({ onErasure: 'reopen' }) },
      audit: { add: async () => undefined },
      events: { add: async () => undefined },
    } as unknown as OrdersDeps);
    const { hosted, registrations, presence: sessions, links } = orders;
    const actor = { is: 'operator', name: 'ada' } as const;

    const statuses = await Promise.all(
      ['ver_waits', 'ver_over', 'ver_taken', 'ver_visit'].map((id) =>
        hosted.status(realm, 'verifyhuman', id),
      ),
    );
    expect(statuses.map(({ status, reasons }) => [status, ...reasons])).toEqual([
      ['PENDING'],
      ['EXPIRED', 'EXPIRED'],
      ['PENDING'],
      ['PASS'],
    ]);
    expect(await hosted.status(realm, 'verifyage', 'ver_age')).toMatchObject({
      status: 'FAIL',
      reasons: ['UNDER_AGE'],
      completedAt: now - 1,
    });
    expect(await links.hosted.describe('ver_waits', { test: false })).toMatchObject({
      state: 'ready',
      expiresAt: now + 60_000,
      page: { title: { en: 'Ours' }, redirect: page.redirects },
    });
    expect(await links.hosted.describe('ver_taken', { test: false })).toMatchObject({ state: 'taken' });

    const registered = await Promise.all(
      ['user_1', 'user_2', 'user_3'].map((reference) => registrations.status(realm, reference, { actor })),
    );
    expect(registered).toMatchObject([
      { id: 'reg_waits', state: 'pending' },
      { id: 'reg_done', state: 'completed', humanness: 0.123456789012345, humanId: 'ab12' },
      { id: 'reg_failed', state: 'failed', failure: 'not-unique' },
    ]);
    expect(await links.registration.describe('reg_waits', { test: false })).toMatchObject({
      page: { redirect: page.redirects },
    });
    expect(await links.registration.describe('reg_done', { test: false })).toMatchObject({
      state: 'finished',
    });
    await expect(links.registration.describe('reg_old', { test: false })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });

    const caller = { ...realm, lineage: 'key_1' };
    const states = await Promise.all(
      ['prs_waits', 'prs_over', 'prs_gone', 'prs_there'].map((id) => sessions.get(caller, id, actor)),
    );
    expect(states.map(({ state }) => state)).toEqual([
      { is: 'pending', begun: false },
      { is: 'expired' },
      { is: 'cancelled', reason: 'declined' },
      { is: 'verified', at: now - 4, subject, email: 'a@example.com' },
    ]);
    expect(await sessions.token(caller, 'prs_there', actor)).toMatchObject({ token: 'signed', jti: 'jti_1' });
    expect(await sessions.stands(realm, { sessionId: 'prs_there', jti: 'jti_1' })).toBe(true);
    expect(await sessions.stands(realm, { sessionId: 'prs_there', jti: 'jti_2' })).toBe(false);
    expect(await links.presence.describe('prs_waits', { test: false })).toMatchObject({
      page: { purpose: 'Deploy' },
    });

    expect(await orders.expireDue()).toBe(2);
    const kept = await db
      .selectFrom('relying_order')
      .select(['id', 'state', 'terms', 'lineage'])
      .orderBy('id')
      .execute();
    await close();
    await keys.close();
    expect(kept.map(({ id, state }) => [id, state])).toEqual([
      ['prs_gone', 'failed'],
      ['prs_over', 'expired'],
      ['prs_there', 'passed'],
      ['prs_waits', 'pending'],
      ['reg_done', 'passed'],
      ['reg_failed', 'failed'],
      ['reg_old', 'replaced'],
      ['reg_waits', 'pending'],
      ['ver_age', 'failed'],
      ['ver_over', 'expired'],
      ['ver_taken', 'pending'],
      ['ver_visit', 'passed'],
      ['ver_waits', 'pending'],
    ]);
    const termsOf = (id: string) => JSON.parse(kept.find((one) => one.id === id)!.terms);
    expect(termsOf('reg_done')).toEqual({ region, dataRequest: 'humanness-and-id' });
    expect(termsOf('ver_visit')).toEqual({ product: 'verifyhuman', flow: 'flw_1' });
    expect(termsOf('ver_waits')).toEqual({ product: 'verifyhuman' });
    expect(termsOf('prs_there')).toEqual({ ttlSeconds: 60, singleUse: 1 });
    expect(kept.find(({ id }) => id === 'prs_there')?.lineage).toBe('key_1');
  });

  test('what is older stays as it is, with the way on', async () => {
    const made = await location();
    const refused = await openDatabase(made, { ...deps, older: 'refuse' }).catch(
      (error: Error) => error.message,
    );
    expect(refused).toContain('gatehouse migrate');
    await change(made, "delete from schema_migration where name >= '0055'");
    await expect(openDatabase(made, deps)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        /schema 0053-query-indexes, which is older .*0055-session-pictures.*Nothing was changed/,
      ),
    });
  });
});
