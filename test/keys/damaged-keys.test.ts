import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { direction } from '../support/faces.ts';

const operator = { is: 'operator', name: 'ada' } as const;
let data: string;
let gatehouse: Gatehouse;
let organization: OrganizationId;
let people: SubjectId[];
let logged: string[];

const log = { ...silentLog, error: (...words: unknown[]) => void logged.push(String(words.at(-1))) };
const start = () => compose(parseConfig({ data }, {}), { log, workers: 'when-needed' });

beforeEach(async () => {
  logged = [];
  data = mkdtempSync(join(tmpdir(), 'gatehouse-damaged-'));
  gatehouse = await start();
  ({ id: organization } = await gatehouse.organizations.create({ name: 'Museum' }, operator));
  people = [];
  for (const email of ['ada@example.com', 'bea@example.com', 'cleo@example.com']) {
    const embeddings = Object.fromEntries(
      gatehouse.models.current().galleries.map((embedder) => [embedder, direction(email, 512)]),
    );
    const realm = { organization, world: 'live' } as const;
    const { subject } = await gatehouse.subjects.enroll(realm, { email, embeddings, quality: 0.9 }, operator);
    people.push(subject.id);
  }
});
afterEach(async () => {
  await gatehouse.close();
  rmSync(data, { recursive: true, force: true });
});

/** Changes the key store while the service does not run. */
async function change(edit: (keys: Sqlite.Database) => void): Promise<void> {
  await gatehouse.close();
  const keys = new Sqlite(join(data, 'keys.db'));
  edit(keys);
  keys.close();
}

function flip(keys: Sqlite.Database, table: string, column: string, where: string): void {
  const value = keys.prepare(`select ${column} from ${table} where ${where}`).pluck().get() as Buffer;
  value[20]! ^= 1;
  keys.prepare(`update ${table} set ${column} = ? where ${where}`).run(value);
}

const faults = async () => (await gatehouse.recordIntegrity.check()).map(({ id, says }) => [id, says]);

test.each([
  [
    'wrapped',
    (keys: Sqlite.Database, id: string) => flip(keys, 'person_key', 'wrapped', `subject = '${id}'`),
  ],
  [
    'generation',
    (keys: Sqlite.Database, id: string) =>
      keys.prepare('update person_key set generation = 9 where subject = ?').run(id),
  ],
  [
    'organization',
    (keys: Sqlite.Database, id: string) =>
      keys.prepare(`update person_key set organization = 'org_other' where subject = ?`).run(id),
  ],
])(
  'a damaged key of a person (%s) stops nothing else, is named, and the person can be erased',
  async (_, damage) => {
    const [ada, bea] = people as [SubjectId, SubjectId];
    await change((keys) => void damage(keys, ada));
    gatehouse = await start();
    const named = [ada, expect.stringMatching(`key of ${ada} .*is damaged.*gatehouse keystore places`)];
    expect(logged).toContainEqual(named[1]);
    // What is sealed for the person is named beside it.
    expect(await faults()).toContainEqual(named);
    const realm = { organization, world: 'live' } as const;
    const { subjects, erasure } = gatehouse;
    await expect(subjects.get(realm, bea)).resolves.toMatchObject({ email: 'bea@example.com' });
    await erasure.erase(realm, ada, { reason: 'request', actor: operator });
    expect(await faults()).toEqual([]);
  },
);

test('a start that is refused for a damaged key of an organization says what to do', async () => {
  await change((keys) => flip(keys, 'organization_key', 'wrapped', 'true'));
  await expect(start()).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringMatching(/^The key of the organization .* is damaged in the key store\. No copy/),
  });
  await change((keys) => flip(keys, 'organization_key', 'wrapped', 'true'));
  gatehouse = await start();
  const place = mkdtempSync(join(tmpdir(), 'gatehouse-damaged-copy-'));
  try {
    await gatehouse.keyCopyFolders.add(place, operator);
    await change((keys) => flip(keys, 'organization_key', 'wrapped', 'true'));
    await expect(start()).rejects.toThrow(`(${place}/gatehouse-keys.db) in the place of keys.db`);
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('notes that cannot be read stop no start, and are named with what to do', async () => {
  const damaged = [
    'backup.sequence',
    'master',
    'restore/lost-organizations',
    'retention.last-sweep',
    'retention.waiting',
  ];
  await change((keys) => {
    for (const name of damaged)
      keys.prepare('insert or replace into note (name, value) values (?, ?)').run(name, '{"at"x1}');
  });
  gatehouse = await start();
  expect((await faults()).map(([id]) => id).toSorted()).toEqual(damaged);
  expect((await faults()).filter(([, says]) => !/gatehouse|next/.test(says!))).toEqual([]);
  expect(await gatehouse.retention.doubtsClock()).toBe(true);
  const today = new Date().toISOString().slice(0, 10);
  await gatehouse.retention.confirmClock({ today, actor: operator });
  expect(await gatehouse.retention.doubtsClock()).toBe(false);
  expect((await faults()).map(([id]) => id).toSorted()).toEqual(damaged.slice(0, 3));
});
