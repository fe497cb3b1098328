import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { moveKeys } from '../../service/data-directory/move-keys.ts';
import { systemClock } from '../../service/lib/clock.ts';
import type { SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createMigrated } from '../storage/databases.ts';
import { operator } from '../support/engine.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { sparing } from '../support/sparing.ts';
import { peopleOf } from './people.ts';

const binaries = findPostgres();
const root = fileURLToPath(new URL('../..', import.meta.url));
const PEOPLE = 3;

describe.skipIf(binaries === undefined)('keys that move from a file into PostgreSQL', () => {
  let server: TestPostgres;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres(binaries!);
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-moved-'));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (data: string, node?: string): Promise<Gatehouse> =>
    compose(parseConfig({ data, ...sparing }, {}), {
      log: silentLog,
      workers: 'when-needed',
      ...(node && { node: { id: `node_${node}`, version: '0.2.0', address: `http://127.0.0.1/${node}` } }),
    });

  /** One with its people in PostgreSQL, its keys in a file, and a copy of them; it is not open. */
  async function makeBox(name: string) {
    const [data, stick] = [join(folder, name), join(folder, `${name}-stick`)];
    for (const one of [data, stick]) mkdirSync(one);
    const databaseUrl = await createMigrated(server);
    writeFileSync(join(data, 'gatehouse.json'), JSON.stringify({ databaseUrl }));
    const box = await open(data);
    const { id: organization } = await box.organizations.create({ name: 'Museum' }, operator);
    const people = peopleOf({ organization });
    const ids: SubjectId[] = [];
    for (let number = 0; number < PEOPLE; number++) ids.push(await people.enroll(box, `person ${number}`));
    await box.keyCopyFolders.add(stick, operator);
    await box.close();
    const url = await server.createDatabase();
    const order = { data, url, clock: systemClock, log: silentLog };
    return { data, stick, people, ids, order };
  }

  const statesOf = async ({ keyCopyFolders }: Gatehouse) =>
    (await keyCopyFolders.sync()).map(({ state }) => state);
  const settingsOf = (data: string) => JSON.parse(readFileSync(join(data, 'gatehouse.json'), 'utf8'));
  const before = (data: string) => join(data, 'keys-before-move', 'gatehouse-keys.db');

  function keysIn(path: string): string[] {
    const file = new Sqlite(path, { readonly: true });
    const found = file.prepare('select subject from person_key order by subject').pluck().all();
    file.close();
    return found as string[];
  }

  test('open the people there, and what was the file follows each write until it is wiped; then nodes share them', async () => {
    const { data, people, ids, order } = await makeBox('whole');
    const moved = await moveKeys({ ...order, confirm: PEOPLE });
    expect(moved).toEqual({ people: PEOPLE, before: join(data, 'keys-before-move') });
    expect([existsSync(join(data, 'keys.db')), settingsOf(data).keysDatabaseUrl]).toEqual([false, order.url]);
    const box = await open(data);
    expect(await people.recognize(box, 'person 1')).toBe(ids[1]);
    expect(await statesOf(box)).toEqual(['current', 'current']);
    expect(await people.erase(box, ids[0]!)).toMatchObject({ state: 'done' });
    expect(keysIn(before(data))).toEqual(ids.slice(1).toSorted());
    await box.keyCopyFolders.remove(moved.before, { wipe: true }, operator);
    expect(existsSync(before(data))).toBe(false);
    expect((await box.auditLog.verify()).valid).toBe(true);
    await box.close();
    const node = await open(data, 'a');
    expect(await people.recognize(node, 'person 2')).toBe(ids[2]);
    expect((await node.nodeList.list()).map(({ id }) => id)).toEqual(['node_a']);
    await node.close();
    await expect(moveKeys({ ...order, confirm: PEOPLE })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('The keys of'),
    });
  });

  test('that were taken from a copy are another copy than that', async () => {
    const { data, stick, order } = await makeBox('taken');
    copyFileSync(join(stick, 'gatehouse-keys.db'), join(data, 'keys.db'));
    await moveKeys({ ...order, confirm: PEOPLE });
    const box = await open(data);
    expect(await statesOf(box)).toEqual(['current', 'current']);
    await box.close();
  });

  test('stay where they are without a confirmation, while a service runs, and where the database is not empty', async () => {
    const { data, people, ids, order } = await makeBox('refused');
    const files = readdirSync(data).toSorted();
    for (const confirm of [undefined, PEOPLE + 1])
      await expect(moveKeys({ ...order, ...(confirm && { confirm }) })).rejects.toMatchObject({
        code: 'CONFIRMATION_REQUIRED',
        message: expect.stringContaining(`keys of ${PEOPLE} people`),
      });
    const other = (await makeBox('other')).order;
    await moveKeys({ ...other, confirm: PEOPLE });
    for (const url of [other.url, settingsOf(data).databaseUrl])
      await expect(moveKeys({ ...order, url, confirm: PEOPLE })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(/holds \d+ tables or views already/),
      });
    expect(readdirSync(data).toSorted()).toEqual(files);
    const box = await open(data);
    await expect(moveKeys({ ...order, confirm: PEOPLE })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await people.recognize(box, 'person 1')).toBe(ids[1]);
    expect(await statesOf(box)).toEqual(['current']);
    await box.close();
  });

  test('are where they were after a failure', async () => {
    const { data, people, ids, order } = await makeBox('failed');
    // PostgreSQL keeps no NUL in a text: this row fails after others have come.
    const file = new Sqlite(join(data, 'keys.db'));
    file.prepare("insert into note values ('of a test', ?)").run('a\u0000b');
    file.close();
    await expect(moveKeys({ ...order, confirm: PEOPLE })).rejects.toThrow(/0x00/);
    expect(existsSync(join(data, 'keys-before-move'))).toBe(false);
    const again = new Sqlite(join(data, 'keys.db'));
    again.exec("delete from note where name = 'of a test'");
    again.close();
    const box = await open(data);
    expect(await people.recognize(box, 'person 1')).toBe(ids[1]);
    expect(await statesOf(box)).toEqual(['current']);
    await box.close();
  });

  test.each(['aside', 'copied', 'compared', 'named'] as const)(
    'come through kill -9 after the step "%s"',
    async (last) => {
      const { data, people, ids, order } = await makeBox(`killed-${last}`);
      const killed = spawnSync(
        join(root, 'node_modules/.bin/node'),
        [join(root, 'test/cluster/move-keys-process.ts'), data, order.url, String(PEOPLE), last],
        { encoding: 'utf8' },
      );
      expect(killed).toMatchObject({ signal: 'SIGKILL' });
      if (last !== 'named') {
        await expect(open(data)).rejects.toThrow('was cut short: nothing is lost');
        expect(await moveKeys({ ...order, confirm: PEOPLE })).toMatchObject({ people: PEOPLE });
      }
      const box = await open(data);
      expect(await people.recognize(box, 'person 1')).toBe(ids[1]);
      expect(await statesOf(box)).toEqual(['current', 'current']);
      await box.close();
    },
  );
});
