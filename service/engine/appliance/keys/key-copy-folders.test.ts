import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestAudit } from '../../../../test/support/audit.ts';
import { createIds } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import { type Database, openDatabase } from '../../../storage/connection.ts';
import { createKeyCopyFolders, type KeyCopyFolder } from './key-copy-folders.ts';

const clock = { now: () => 1 };
const ada = { is: 'operator', name: 'ada' } as const;
let database: Database;
let places: KeyCopyFolder[];
let attested: string[][];
beforeEach(async () => {
  database = await openDatabase({ kind: 'sqlite-memory' }, { clock, log: silentLog });
  places = [];
  attested = [];
});
afterEach(() => database.close());

function create() {
  const { inTransaction } = database;
  const audit = createTestAudit({ ids: createIds(clock), clock });
  return createKeyCopyFolders({
    inTransaction,
    audit,
    copies: {
      list: async () => places,
      sync: async () => places,
      async add(place) {
        if (place === '/refused') throw new Problem('INVALID_REQUEST', 'It is not there.');
        const report = { place, state: 'current' as const, addedAt: 1 };
        if (!places.some((one) => one.place === place)) places.push(report);
        return report;
      },
      async remove(folder, { wipe }) {
        if (wipe) throw new Problem('CONFLICT', 'It cannot be reached.');
        if (!places.some(({ place }) => place === folder)) throw new Problem('NOT_FOUND', 'No such place.');
        places = places.filter(({ place }) => place !== folder);
      },
      async attest(folder, { copy = 'one', by }) {
        if (!places.some(({ place }) => place === folder)) throw new Problem('NOT_FOUND', 'No such place.');
        attested.push([folder, by]);
        return { place: folder, copy };
      },
    },
  });
}

async function lines() {
  const rows = await database.db.selectFrom('audit').selectAll().orderBy('seq').execute();
  return rows.map(({ actor, action, outcome, details }) => [actor, action, outcome, JSON.parse(details)]);
}

test('places come and go with an audit line each; one that is not wiped is recorded as refused', async () => {
  const keyCopyFolders = create();
  expect(await keyCopyFolders.add('/stick', ada)).toEqual({ place: '/stick', state: 'current', addedAt: 1 });
  await keyCopyFolders.add('/stick', ada);
  await expect(keyCopyFolders.remove('/stick', { wipe: true }, ada)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  expect(await keyCopyFolders.list()).toHaveLength(1);
  expect(await keyCopyFolders.remove('/stick', { wipe: false }, ada)).toMatchObject({ place: '/stick' });
  expect(await keyCopyFolders.list()).toEqual([]);
  const removal = (wipe: boolean) => ({ place: '/stick', wipe, state: 'current' });
  expect(await lines()).toEqual([
    ['operator:ada', 'keystore.add-place.begin', 'done', { place: '/stick' }],
    ['operator:ada', 'keystore.add-place', 'done', { place: '/stick', state: 'current' }],
    ['operator:ada', 'keystore.remove-place', 'done', removal(true)],
    ['operator:ada', 'keystore.remove-place', 'refused', removal(true)],
    ['operator:ada', 'keystore.remove-place', 'done', removal(false)],
  ]);
});

test('a destroyed medium is attested by name, with the folder once more, and recorded', async () => {
  const keyCopyFolders = create();
  await keyCopyFolders.add('/stick', ada);
  const before = (await lines()).length;
  for (const confirm of [{}, { confirm: '/other' }]) {
    await expect(keyCopyFolders.attest('/stick', confirm, ada)).rejects.toMatchObject({
      code: 'CONFIRMATION_REQUIRED',
    });
  }
  expect(attested).toEqual([]);
  expect(await keyCopyFolders.attest('/stick/', { confirm: '/stick' }, ada)).toEqual({
    place: '/stick',
    copy: 'one',
  });
  expect(attested).toEqual([['/stick', 'operator:ada']]);
  await expect(keyCopyFolders.attest('/gone', { copy: 'two', confirm: '/gone' }, ada)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await lines()).slice(before)).toEqual([
    ['operator:ada', 'keystore.attest-destroyed.begin', 'done', { place: '/stick' }],
    ['operator:ada', 'keystore.attest-destroyed', 'done', { place: '/stick', copy: 'one' }],
    ['operator:ada', 'keystore.attest-destroyed.begin', 'done', { place: '/gone', copy: 'two' }],
    ['operator:ada', 'keystore.attest-destroyed', 'refused', { place: '/gone', copy: 'two' }],
  ]);
});

test('a folder that is no place is refused, and recorded', async () => {
  await expect(create().remove('/elsewhere', { wipe: false }, ada)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await lines()).toEqual([
    ['operator:ada', 'keystore.remove-place', 'refused', { place: '/elsewhere', wipe: false }],
  ]);
});

test('a place that is named in another way is taken out with its line', async () => {
  const keyCopyFolders = create();
  await keyCopyFolders.add('/stick', ada);
  expect(await keyCopyFolders.remove('/elsewhere/../stick/', { wipe: false }, ada)).toMatchObject({
    place: '/stick',
  });
  expect((await lines()).at(-1)).toEqual([
    'operator:ada',
    'keystore.remove-place',
    'done',
    { place: '/stick', wipe: false, state: 'current' },
  ]);
});

test('a place that is there already is brought up to date without a line; a refused one has one', async () => {
  const keyCopyFolders = create();
  await keyCopyFolders.add('/stick', ada);
  const before = (await lines()).length;
  await keyCopyFolders.add('/stick/', ada);
  expect(await lines()).toHaveLength(before);
  await expect(keyCopyFolders.add('/refused', ada)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect((await lines()).slice(before)).toEqual([
    ['operator:ada', 'keystore.add-place.begin', 'done', { place: '/refused' }],
    ['operator:ada', 'keystore.add-place', 'refused', { place: '/refused' }],
  ]);
});

test('without a line in the log no place is added', async () => {
  await sql`create trigger mute before insert on audit begin select raise(abort, 'mute'); end`.execute(
    database.db,
  );
  await expect(create().add('/stick', ada)).rejects.toThrow('mute');
  expect(places).toEqual([]);
});
