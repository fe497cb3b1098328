import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyBackup } from '../../service/backup/verify-aside.ts';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { type IntegrityCheckName, integrityChecks } from '../../service/engine/appliance/index.ts';
import { builtInProfiles } from '../../service/engine/matching/index.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { protectedNames, specOf } from '../../service/storage/keys/protected-tables.ts';
import { direction } from '../support/faces.ts';

/** The files stay whole: what these bits change is noticed by what is signed or carries a MAC. */
const ofRows = (Object.keys(integrityChecks) as IntegrityCheckName[]).filter((name) => name !== 'file');

const operator = { is: 'operator', name: 'ada' } as const;
/** Of each store, as the issue asks. */
const FLIPS = 200;

/** What is signed or carries a MAC: table, and columns that it covers. The rest is named in docs/SECURITY.md. */
const record: Record<string, readonly string[]> = {
  ...Object.fromEntries(
    protectedNames.map((name) => [
      name,
      [...specOf(name).covers.map((column) => column.split(':')[0]!), 'mac'],
    ]),
  ),
  erasure: ['receipt'],
  audit: ['actor', 'action', 'target', 'outcome', 'details', 'at', 'seq', 'previous_hash', 'hash'],
  audit_checkpoint: ['seq', 'hash', 'at', 'kind', 'kid', 'signature'],
};
const keyStore: Record<string, readonly string[]> = {
  organization_key: ['organization', 'generation', 'master', 'wrapped', 'lookup_wrapped'],
  person_key: ['organization', 'generation', 'wrapped'],
  appliance_secret: ['wrapped', 'master'],
  erasure_ledger: ['seq', 'entry'],
};

let data: string;
let gatehouse: Gatehouse;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-bits-'));
  gatehouse = await compose(parseConfig({ data }, {}), { log: silentLog, workers: 'when-needed' });
  const { organizations, access, grants, webhooks, subjects, models, erasure, checks } = gatehouse;
  const { id: organization } = await organizations.create({ name: 'Museum' }, operator);
  const realm = { organization, world: 'live' } as const;
  await access.createKey({ organization, name: 'App', world: 'live', scopes: ['identity:verify'] }, operator);
  await grants.add(organization, '127.0.0.1:7455', '', operator);
  await webhooks.add(realm, { family: 'identity', url: 'http://127.0.0.1:7455/' }, operator);
  const { definition } = builtInProfiles[0]!;
  await checks.setProfile(organization, 'desk', definition, operator);
  await organizations.set(organization, { fourEyes: false, color: '#112233' }, operator);
  await gatehouse.administrators.create(
    {
      organization,
      email: 'owner@example.com',
      name: 'Owner',
      role: 'owner',
      password: 'wet gravel under pines',
    },
    operator,
  );
  await gatehouse.administrators.signIn({
    email: 'owner@example.com',
    password: 'wet gravel under pines',
    source: '10.0.0.1',
  });
  for (const email of ['ada@example.com', 'bea@example.com', 'cleo@example.com', 'dora@example.com']) {
    const embeddings = Object.fromEntries(
      models.current().galleries.map((embedder) => [embedder, direction(email, 512)]),
    );
    const { subject } = await subjects.enroll(realm, { email, embeddings, quality: 0.9 }, operator);
    if (email < 'c') await erasure.erase(realm, subject.id, { reason: 'request', actor: operator });
  }
  await gatehouse.auditLog.checkpoint('lines');
});
afterAll(async () => {
  await gatehouse.close();
  rmSync(data, { recursive: true, force: true });
});

/** Numbers from 0 to below `most`, the same in every run (mulberry32). */
function seeded(seed: number) {
  let state = seed;
  return (most: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % most;
  };
}

type Value = string | number | Buffer;

/** One bit of the value; of a text one that leaves it a text. */
function flipped(value: Value, pick: (most: number) => number): Value {
  if (typeof value === 'number') return value ^ (1 << pick(16));
  const bytes = Buffer.from(value);
  const at = pick(bytes.length);
  bytes[at]! ^= 1 << pick(typeof value === 'string' ? 7 : 8);
  return typeof value === 'string' ? bytes.toString('utf8') : bytes;
}

async function flipAll(file: string, cells: Record<string, readonly string[]>, seed: number) {
  const pick = seeded(seed);
  const db = new Sqlite(join(data, file));
  db.pragma('foreign_keys = off');
  db.pragma('ignore_check_constraints = on');
  const all = Object.entries(cells).flatMap(([table, columns]) =>
    columns.flatMap((column) =>
      (
        db
          .prepare(`select rowid as row, "${column}" as value from "${table}" where "${column}" is not null`)
          .all() as { row: number; value: Value }[]
      )
        .filter(({ value }) => typeof value === 'number' || value.length > 0)
        .map((cell) => ({ ...cell, table, column })),
    ),
  );
  const tables = new Set(all.map(({ table }) => table));
  const unnoticed: string[] = [];
  for (let done = 0; done < FLIPS; ) {
    const { table, column, row, value } = all[pick(all.length)]!;
    const set = db.prepare(`update "${table}" set "${column}" = ? where rowid = ?`);
    const other = flipped(value, pick);
    try {
      set.run(other, row);
    } catch {
      // A unique index refuses it: no such change can be made.
      continue;
    }
    done += 1;
    const { valid } = await gatehouse.auditLog.verify();
    const faults = await gatehouse.recordIntegrity.check(ofRows).catch((error: Error) => [error]);
    if (valid && faults.length === 0) unnoticed.push(`${table}.${column}`);
    // Where the column is the row's number, the row has another one now.
    if (set.run(value, row).changes === 0) set.run(value, other);
  }
  db.close();
  expect(await gatehouse.recordIntegrity.check(ofRows)).toEqual([]);
  return { unnoticed, tables };
}

test('200 flipped bits of the record: each is noticed', async () => {
  const { unnoticed, tables } = await flipAll('gatehouse.db', record, 4711);
  expect(unnoticed).toEqual([]);
  expect([...tables]).toEqual(
    expect.arrayContaining([
      'organization',
      'profile',
      'destination_grant',
      'webhook_endpoint',
      'api_key',
      'erasure',
      'audit',
    ]),
  );
});

test('200 flipped bits of the key store: each is noticed', async () => {
  const { unnoticed, tables } = await flipAll('keys.db', keyStore, 4712);
  expect(unnoticed).toEqual([]);
  expect([...tables].toSorted()).toEqual(Object.keys(keyStore).toSorted());
});

test('the test of a backup looks at the same: the list of erased people, public keys, receipts and rows', async () => {
  const [folder, stick] = ['backups', 'stick'].map((name) => join(data, '..', `${basename(data)}-${name}`));
  for (const one of [folder!, stick!]) mkdirSync(one);
  try {
    const clean = await gatehouse.backups.create({ folder: folder!, keysTo: stick! }, operator);
    const look = (file: string) =>
      verifyBackup({
        file,
        keys: stick!,
        masterKeyFiles: [join(data, 'master.key')],
        clock: systemClock,
        log: silentLog,
      });
    expect(await look(clean.run.path)).toMatchObject({ problems: [], altered: [] });

    const copy = join(stick!, readdirSync(stick!).find((name) => name.endsWith('.db'))!);
    const keys = new Sqlite(copy);
    const change = async (sql: string, back: string) => {
      keys.exec(sql);
      const { problems } = await look(clean.run.path);
      keys.exec(back);
      return problems;
    };
    expect(
      await change(
        `update erasure_ledger set entry = replace(entry, '"world":"live"', '"world":"test"') where seq = 1`,
        `update erasure_ledger set entry = replace(entry, '"world":"test"', '"world":"live"') where seq = 1`,
      ),
    ).toEqual([expect.stringContaining('list of erasures')]);
    expect(
      await change(
        `update appliance_secret set details = replace(details, '"kid":"', '"kid":"0') where name = 'signing/receipts'`,
        `update appliance_secret set details = replace(details, '"kid":"0', '"kid":"') where name = 'signing/receipts'`,
      ),
    ).toEqual([expect.stringContaining('public keys of "receipts"')]);
    keys.close();

    const db = new Sqlite(join(data, 'gatehouse.db'));
    db.exec(`update erasure set receipt = replace(receipt, '"reason":"request"', '"reason":"requesu"');
      update webhook_endpoint set url = 'http://127.0.0.1:7456/'`);
    db.close();
    const { run } = await gatehouse.backups.create({ folder: folder!, keysTo: stick! }, operator);
    const { problems, altered } = await look(run.path);
    expect(problems).toEqual([]);
    expect(altered).toContainEqual(expect.stringContaining('receipt'));
    expect(altered).toContainEqual(expect.stringContaining('webhook_endpoint'));
    expect((await gatehouse.recordIntegrity.check(ofRows)).map(({ table }) => table)).toEqual(
      expect.arrayContaining(['webhook_endpoint', 'erasure']),
    );
  } finally {
    for (const one of [folder!, stick!]) rmSync(one, { recursive: true, force: true });
  }
});
