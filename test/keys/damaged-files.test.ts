import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { repairIndexes } from '../../service/storage/backup-check.ts';
import { damageIndex } from '../support/damaged-index.ts';
import { direction } from '../support/faces.ts';

const operator = { is: 'operator', name: 'ada' } as const;
let data: string;
let gatehouse: Gatehouse;
let organization: OrganizationId;
let ada: SubjectId;
let logged: string[];

const log = { ...silentLog, error: (...words: unknown[]) => void logged.push(String(words.at(-1))) };
const start = () => compose(parseConfig({ data }, {}), { log, workers: 'when-needed' });
const file = (name: string) => join(data, name);

beforeEach(async () => {
  logged = [];
  data = mkdtempSync(join(tmpdir(), 'gatehouse-damaged-files-'));
  gatehouse = await start();
  ({ id: organization } = await gatehouse.organizations.create({ name: 'Museum' }, operator));
  const embeddings = Object.fromEntries(
    gatehouse.models.current().galleries.map((embedder) => [embedder, direction('ada', 512)]),
  );
  const { subject } = await gatehouse.subjects.enroll(
    { organization, world: 'live' },
    { email: 'ada@example.com', embeddings, quality: 0.9 },
    operator,
  );
  ada = subject.id;
  await gatehouse.holds.place({ organization, world: 'live', subject: ada }, 'lawsuit 7', operator);
});
afterEach(async () => {
  await gatehouse.close();
  rmSync(data, { recursive: true, force: true });
});

const erase = () =>
  gatehouse.erasure.erase({ organization, world: 'live' }, ada, { reason: 'request', actor: operator });

test('intact files have no fault, and a repair changes nothing', async () => {
  await gatehouse.recordIntegrity.checkFiles(new AbortController().signal);
  expect(gatehouse.recordIntegrity.found()).toEqual([]);
  expect(await gatehouse.recordIntegrity.check()).toEqual([]);
  await gatehouse.close();
  const before = readFileSync(file('keys.db'));
  expect(await repairIndexes(file('keys.db'))).toEqual([]);
  expect(readFileSync(file('keys.db')).equals(before)).toBe(true);
});

test.each([
  ['gatehouse.db', 'legal_hold_subject'],
  ['keys.db', 'sqlite_autoindex_person_key_1'],
])('a damaged index of %s is found by doctor and service, and repaired', async (name, index) => {
  await gatehouse.close();
  damageIndex(file(name), index, ada);
  gatehouse = await start();
  const fault = {
    check: 'file',
    table: name,
    says: expect.stringMatching(
      `^${name} is damaged: .*${index}.*gatehouse migrate --reindex.* newest|backup`,
    ),
  };
  expect(await gatehouse.recordIntegrity.check()).toContainEqual(fault);
  await gatehouse.close();
  gatehouse = await start();
  await gatehouse.recordIntegrity.checkFiles(new AbortController().signal);
  expect(gatehouse.recordIntegrity.found(organization)).toEqual([fault]);
  expect(logged).toContainEqual(fault.says);
  await gatehouse.close();
  expect(await repairIndexes(file(name))).toContainEqual(expect.stringContaining(index));
  gatehouse = await start();
  expect(await gatehouse.recordIntegrity.check()).toEqual([]);
  await expect(erase()).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
  await gatehouse.holds.release({ organization, world: 'live', subject: ada }, undefined, operator);
  expect((await erase()).state).toBe('done');
});

test('a look ends with the service', async () => {
  await gatehouse.close();
  damageIndex(file('gatehouse.db'), 'legal_hold_subject', ada);
  gatehouse = await start();
  const stopping = new AbortController();
  const looking = gatehouse.recordIntegrity.checkFiles(stopping.signal);
  stopping.abort();
  await looking;
  expect(gatehouse.recordIntegrity.found()).toEqual([]);
});

test('where more than an index is damaged, a repair says so and changes nothing', async () => {
  await gatehouse.close();
  const path = file('gatehouse.db');
  const database = new Sqlite(path);
  database.pragma('foreign_keys = off');
  database.prepare(`update legal_hold set subject = 'sub_other'`).run();
  database.close();
  damageIndex(path, 'legal_hold_subject', 'sub_other');
  const before = readFileSync(path);
  await expect(repairIndexes(path)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/a row of legal_hold names a subject that is not there.*restore a backup/),
  });
  expect(readFileSync(path).equals(before), basename(path)).toBe(true);
  rmSync(data, { recursive: true, force: true });
  gatehouse = await start();
});
