import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreBackup } from '../../service/backup/restore-backup.ts';
import { verifyBackup } from '../../service/backup/verify-aside.ts';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { sparing } from '../support/sparing.ts';

const ada = { is: 'operator', name: 'ada' } as const;
let root: string;
let data: string;
let backups: string;
let stick: string;
let gatehouse: Gatehouse;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-proof-'));
  [data, backups, stick] = ['data', 'backups', 'stick'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(backups);
  mkdirSync(stick);
  gatehouse = await compose(parseConfig({ data, ...sparing }, {}), {
    log: silentLog,
    workers: 'when-needed',
  });
});
afterAll(async () => {
  await gatehouse.close();
  rmSync(root, { recursive: true, force: true });
});

/** Of unit length, the same for the same name; `apart` turns it a little. */
function face(name: string, length: number, apart = 0): Float32Array {
  let state = 2166136261;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  const vector = Float32Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 1;
    return (state >>> 8) / 2 ** 24 - 0.5;
  });
  vector[0]! += apart;
  const size = Math.hypot(...vector);
  return vector.map((value) => value / size);
}

const order = (file: string) => ({
  file,
  keys: stick,
  masterKeyFiles: [join(data, 'master.key')],
  clock: systemClock,
  log: silentLog,
});
const back = () =>
  restoreBackup({ ...order(newest()), data: join(root, 'back'), actor: 'operator:ada', drill: true });
const newest = () => join(backups, readdirSync(backups).toSorted().at(-1)!);

test('one picture under twenty addresses, twins and people of several pictures: what verifies restores', async () => {
  const { id: organization } = await gatehouse.organizations.create({ name: 'Museum' }, ada);
  const realm = { organization, world: 'test' } as const;
  const enroll = (email: string, name: string, apart?: number) => {
    const embeddings = Object.fromEntries(
      gatehouse.models.current().embedders.map((id, i) => [id, face(`${name}${i}`, 512, apart)]),
    );
    return gatehouse.subjects.enroll(realm, { email, embeddings, quality: 0.9 }, ada);
  };
  for (let i = 0; i < 20; i++) await enroll(`typo${i}@example.com`, 'one');
  await enroll('castor@example.com', 'twin');
  await enroll('pollux@example.com', 'twin', 1e-4);
  for (let i = 0; i < 3; i++) await enroll('bea@example.com', 'bea', i / 10);
  const { run } = await gatehouse.backups.create({ folder: backups, keysTo: stick }, ada);
  const embedders = gatehouse.models.current().embedders.length;
  const proven = await verifyBackup(order(run.path));
  expect(proven).toMatchObject({ problems: [], match: { asked: 25 * embedders, found: 25 * embedders } });
  const restored = await back();
  expect(restored.found).toMatchObject({ problems: [], people: { there: 23 } });
  rmSync(join(root, 'back'), { recursive: true });
  expect(run).toMatchObject({ outcome: 'done', verifiedAt: expect.any(Number) });
  expect(readdirSync(join(data, 'tmp'))).toEqual([]);
});

test('a restore over people asks, and says what is lost', async () => {
  const [organization] = await gatehouse.organizations.list();
  const realm = { organization: organization!.id, world: 'test' } as const;
  const embeddings = Object.fromEntries(
    gatehouse.models.current().embedders.map((id, i) => [id, face(`late${i}`, 512)]),
  );
  const target = join(root, 'target');
  await restoreBackup({ ...order(newest()), data: target, actor: 'operator:ada', drill: true });
  const later = await compose(parseConfig({ data: target, ...sparing }, {}), {
    log: silentLog,
    workers: 'when-needed',
  });
  await later.subjects.enroll(realm, { email: 'late@example.com', embeddings, quality: 0.9 }, ada);
  await later.close();
  // Its own key store is the newest of it by now.
  const over = { ...order(newest()), keys: target, data: target, actor: 'operator:ada', drill: true };
  for (const confirm of [undefined, 23]) {
    await expect(
      restoreBackup({ ...over, ...(confirm === undefined ? {} : { confirm }) }),
    ).rejects.toMatchObject({
      code: 'CONFIRMATION_REQUIRED',
      message: expect.stringMatching(/holds 24 people.*not in it are people: 1,.*--confirm 24/),
    });
  }
  const restored = await restoreBackup({ ...over, confirm: 24 });
  expect(restored.lost).toMatchObject({ people: 24, peopleLost: 1, enrolledAgain: 0 });
  expect(readdirSync(root).filter((name) => name.includes('.restoring'))).toEqual([]);
});

test('JSON that cannot be read of a person, a rule and settings stops neither a start nor a backup, and is named', async () => {
  const { id: organization } = (await gatehouse.organizations.list())[0]!;
  const live = { organization, world: 'live' } as const;
  await gatehouse.alerts.addRule(live, { metric: 'spoof-attempts' }, ada);
  const database = new Sqlite(join(data, 'gatehouse.db'));
  const flipped = { subject: 'withheld', alert_rule: 'definition', organization: 'limits' };
  const kept = Object.entries(flipped).map(([table, column]) => {
    const { id, text } = database.prepare(`select id, ${column} as text from ${table} limit 1`).get() as {
      id: string;
      text: string;
    };
    const set = database.prepare(`update ${table} set ${column} = ? where id = ?`);
    set.run(`y${text.slice(1)}`, id);
    return {
      says: expect.stringContaining(`The row ${id} of ${table} is damaged`),
      putBack: () => set.run(text, id),
    };
  });
  const named = expect.arrayContaining(kept.map(({ says }) => says));
  const { run } = await gatehouse.backups.create({ folder: backups, keysTo: stick }, ada);
  expect(run).toMatchObject({ outcome: 'done', reason: expect.stringContaining('is damaged') });
  expect((await back()).found).toMatchObject({ problems: [], altered: named });
  const again = await compose(parseConfig({ data: join(root, 'back'), ...sparing }, {}), {
    log: silentLog,
    workers: 'when-needed',
  });
  await again.alerts.load();
  expect((await again.recordIntegrity.check()).map(({ says }) => says)).toEqual(named);
  await again.close();
  rmSync(join(root, 'back'), { recursive: true });
  for (const { putBack } of kept) putBack();
  database.close();
});

test('rows that another program wrote stop no backup: it is marked, restores, and names them', async () => {
  const { id: organization } = (await gatehouse.organizations.list())[0]!;
  const database = new Sqlite(join(data, 'gatehouse.db'));
  database
    .prepare(
      `insert into destination_grant (id, organization, kind, value, port, reach, note, created_at, created_by)
       values ('gra_forged', ?, 'cidr', '127.0.0.1/32', 7459, 'any', '', 1, 'operator:eve')`,
    )
    .run(organization);
  const forged = expect.stringContaining('The row gra_forged of destination_grant');
  const { run, advice } = await gatehouse.backups.create({ folder: backups, keysTo: stick }, ada);
  expect(run).toMatchObject({ outcome: 'done', verifiedAt: expect.any(Number), reason: forged });
  expect([advice[0], gatehouse.backups.warnings()]).toEqual([forged, [forged]]);
  expect(await verifyBackup(order(run.path))).toMatchObject({ problems: [], altered: [forged] });
  const restored = await back();
  expect(restored.found).toMatchObject({ problems: [], altered: [forged] });
  const again = await compose(parseConfig({ data: join(root, 'back'), ...sparing }, {}), {
    log: silentLog,
    workers: 'when-needed',
  });
  const {
    lines: [line],
  } = await again.auditLog.page({ action: 'backup.restore', limit: 1 }, { actor: ada });
  expect(JSON.parse(line!.details)).toMatchObject({ altered: [forged] });
  expect((await again.recordIntegrity.check()).map(({ id }) => id)).toEqual(['gra_forged']);
  await again.close();
  rmSync(join(root, 'back'), { recursive: true });
  database.exec("delete from destination_grant where id = 'gra_forged'");
  database.close();
  const clean = await gatehouse.backups.create({ folder: backups, keysTo: stick }, ada);
  expect(clean.run).not.toHaveProperty('reason');
  expect(gatehouse.backups.warnings()).toEqual([]);
});

test('a backup that would not restore says so when it is made; --accept-unproven names what it accepts', async () => {
  const database = new Sqlite(join(data, 'gatehouse.db'));
  database
    .prepare('update template set vector_sealed = zeroblob(100) where id = (select min(id) from template)')
    .run();
  database.close();
  const damaged = /1 templates? do(es)? not open/;
  await expect(gatehouse.backups.create({ folder: backups, keysTo: stick }, ada)).rejects.toMatchObject({
    code: 'BACKUP_UNUSABLE',
    message: expect.stringMatching(damaged),
  });
  expect(gatehouse.backups.warnings()).toEqual([expect.stringMatching(damaged)]);
  await expect(back()).rejects.toMatchObject({
    code: 'BACKUP_UNUSABLE',
    message: expect.stringMatching(/1 templates do not open.*--accept-unproven/),
  });
  const restored = await restoreBackup({
    ...order(newest()),
    data: join(root, 'back'),
    actor: 'operator:ada',
    drill: true,
    acceptUnproven: true,
  });
  expect(restored.found.problems).toEqual([expect.stringMatching(damaged)]);
  const again = await compose(parseConfig({ data: join(root, 'back'), ...sparing }, {}), {
    log: silentLog,
    workers: 'when-needed',
  });
  const {
    lines: [line],
  } = await again.auditLog.page({ action: 'backup.restore', limit: 1 }, { actor: ada });
  expect(JSON.parse(line!.details)).toMatchObject({ acceptedUnproven: [expect.stringMatching(damaged)] });
  await again.close();
});
