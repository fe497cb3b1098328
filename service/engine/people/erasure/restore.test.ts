import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import type { World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { silentLog } from '../../../lib/log.ts';
import { createSubjectRecords } from '../subject-record/subject-record.ts';

let folder: string;
let engine: Engine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-erase-'));
  engine = await startEngine({ location: { kind: 'sqlite', path: join(folder, 'gatehouse.db') } });
  await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
});
afterEach(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

const realm = (world: World = 'live') => ({ organization: engine.organization, world });
const order = { reason: 'request', actor: operator } as const;
const enroll = async (email: string, where = realm()) =>
  (
    await engine.subjects.enroll(
      where,
      {
        email,
        name: `Name of ${email}`,
        embeddings: { 'a-net': near(direction(email), 0.97, email), 'b-net': direction(`b/${email}`) },
        quality: 0.9,
        mark: 'ab'.repeat(32),
      },
      operator,
    )
  ).subject.id;

/** Rows of a table now, to be put back later: what a restore of an older data backup does. */
async function backup() {
  const subjects = await engine.db.selectFrom('subject').selectAll().execute();
  const templates = await engine.db.selectFrom('template').selectAll().execute();
  return async () => {
    await engine.db.deleteFrom('erasure').execute();
    await engine.db
      .insertInto('subject')
      .values(subjects)
      .onConflict((c) => c.doNothing())
      .execute();
    await engine.db
      .insertInto('template')
      .values(templates)
      .onConflict((c) => c.doNothing())
      .execute();
  };
}

test('people erased after a backup are erased again when it is restored, and no one else is', async () => {
  const ada = await enroll('ada@example.com');
  const bea = await enroll('bea@example.com');
  const restore = await backup();
  const erasure = await openErasure(engine);
  const { erasure: id } = await erasure.erase(realm(), ada, order);
  await restore();
  const warned: string[] = [];
  const log: Log = { ...silentLog, warn: (_, message) => void warned.push(message) };
  const started = await openErasure(engine, { log });
  expect(await started.resume()).toEqual({ restored: 1, finished: 1, pending: 0 });
  expect(warned).toEqual([expect.stringContaining('came back with an older database')]);
  expect(await engine.db.selectFrom('subject').select('id').execute()).toEqual([{ id: bea }]);
  expect(await engine.db.selectFrom('template').select('subject').distinct().execute()).toEqual([
    { subject: bea },
  ]);
  expect(await started.receipt(id)).toMatchObject({
    subject: ada,
    reason: 'restored',
    state: 'done',
    ledger: { seq: 1 },
  });
  expect(await engine.keys.erasureLedger()).toHaveLength(1);
  const lines = await engine.db
    .selectFrom('audit')
    .select(['action', 'actor'])
    .where('target', '=', ada)
    .orderBy('id')
    .execute();
  expect(lines.slice(-2)).toEqual([
    { action: 'subject.erase.intend', actor: 'appliance:erasure' },
    { action: 'subject.erase', actor: 'appliance:erasure' },
  ]);
  expect(await started.resume()).toEqual({ restored: 0, finished: 0, pending: 0 });
});

test('a copy that missed the erasure is named again when an older backup is restored, though it was taken out', async () => {
  const ada = await enroll('ada@example.com');
  const restore = await backup();
  const { erasure: id } = await (await openErasure(engine)).erase(realm(), ada, order);
  const at = engine.clock.now();
  engine.advance(60_000);
  await restore();
  const gone = { place: '/mnt/a', fate: 'left', by: '', at: at + 9 } as const;
  const formerCopies = async () => [
    { ...gone, copy: 'behind', behindSince: at - 1 },
    { ...gone, copy: 'behind later', behindSince: at + 5 },
    { ...gone, copy: 'current' },
  ];
  const started = await openErasure(engine, { keys: { ...engine.keys, formerCopies } });
  expect(await started.resume()).toEqual({ restored: 1, finished: 0, pending: 1 });
  expect(await started.receipt(id)).toMatchObject({
    reason: 'restored',
    state: 'pending',
    copies: [{ place: '/mnt/a', copy: 'behind', state: 'unreachable' }],
  });
});

test('an older key store forgets its keys and its gaps again', async () => {
  const ada = await enroll('ada@example.com');
  const [key] = await engine.keys.persons([ada]);
  const erasure = await openErasure(engine);
  await erasure.erase(realm(), ada, order);
  await engine.keys.addPerson(key!);
  const errors: string[] = [];
  // The list of the older store ends before the erasure.
  const older: { seq: number; entry: string }[] = [];
  const keys = {
    ...engine.keys,
    erasureLedger: async (from = 0) => older.filter(({ seq }) => seq >= from),
    appendToErasureLedger: async (...[from, make]: Parameters<typeof engine.keys.appendToErasureLedger>) =>
      void older.push(make(older.filter(({ seq }) => seq >= from))!),
  };
  const started = await openErasure(engine, {
    keys,
    log: { ...silentLog, error: (_, message) => void errors.push(message) },
  });
  await started.resume();
  expect(errors).toEqual([expect.stringContaining('older than the database')]);
  expect(older).toHaveLength(1);
  expect(await engine.keys.persons([ada])).toEqual([]);
});

test('the search finds nothing after an erasure, and finds what was put there', async () => {
  mkdirSync(join(folder, 'imports'));
  mkdirSync(join(folder, 'models'));
  const journal = join(folder, 'imports', `${engine.organization}-live.txt`);
  const others = join(folder, 'imports', `${engine.organization}-test.txt`);
  for (const file of [journal, others]) writeFileSync(file, 'a line\n');
  writeFileSync(join(folder, 'models/ada'), 'ada@example.com');
  for (let i = 0; i < 20; i++) await enroll(`person${i}@example.com`);
  await enroll('ada@example.com');
  const bea = await enroll('bea@example.com');
  const erasure = await openErasure(engine, { data: folder });
  const { proof } = await erasure.erase(realm(), 'ada@example.com', { ...order, prove: true });
  expect(proof).toMatchObject({
    needles: {
      'e-mail': 1,
      name: 1,
      'picture mark': 1,
      'template as floats': expect.any(Number),
      'template as base64': expect.any(Number),
    },
    found: [],
    // Address, name, and two templates with their marks.
    sealedValues: { tried: 6, opened: 0 },
    gallery: { searches: 1, named: 0 },
    notSearched: [`${join(folder, 'models')}: model files, the same on every appliance`],
    notSearchedCodes: [{ code: 'MODEL_FILES', where: join(folder, 'models') }],
  });
  // Both embedders, three places each, as stored and as compared.
  expect(proof!.needles['template as floats']).toBeGreaterThanOrEqual(6);
  expect(proof!.files).toBeGreaterThanOrEqual(2);
  expect(existsSync(journal)).toBe(false);
  expect(existsSync(others)).toBe(true);

  const [enrollment] = await engine.subjects.enrollments(realm(), bea);
  const vector = enrollment!.templates[0]!.vector;
  writeFileSync(join(folder, 'stray.log'), 'mail to BEA@example.com and bea@example.com');
  writeFileSync(
    join(folder, 'stray.bin'),
    Buffer.concat([Buffer.alloc(1001), new Uint8Array(vector.slice().buffer)]),
  );
  writeFileSync(
    join(folder, 'stray.json'),
    JSON.stringify({ x: Buffer.from(vector.slice().buffer).toString('base64') }),
  );
  const found = (await erasure.erase(realm(), bea, { ...order, prove: true })).proof!.found;
  expect(found.map(({ file, kind }) => [file.slice(folder.length + 1), kind]).sort()).toEqual([
    ['stray.bin', 'template as floats'],
    ['stray.json', 'template as base64'],
    ['stray.log', 'e-mail'],
  ]);
});

test('the proof also searches for the records of verifications, and tries to open them', async () => {
  await enroll('ada@example.com', realm('test'));
  const seen = {
    'a-net': near(direction('ada@example.com'), 0.97, 'seen'),
    'b-net': direction('b/ada@example.com'),
  };
  const { verified } = await engine.checks.verify({
    ...realm('test'),
    email: 'ada@example.com',
    picture: engine.analyzer.show('seen', analysisOf('seen', { embeddings: seen })),
    place: { latitude: 47.37, longitude: 8.54, country: 'CH' },
    device: { userAgent: 'Mozilla/5.0' },
    actor: operator,
    request: 'req_1',
  });
  expect(verified).toBe(true);
  // As verifications compare it: undoing the rotation rounds, so what the model gave differs in the last bits.
  const record = await createSubjectRecords(engine).read(realm('test'), {
    person: 'ada@example.com',
    withTemplates: true,
    withInternal: false,
    actor: operator,
  });
  const [{ probe }] = record.verifications as [{ probe: { vector: string } }];
  const bytes = Buffer.from(probe.vector, 'base64');
  writeFileSync(join(folder, 'stray.bin'), Buffer.concat([Buffer.alloc(1001), bytes]));
  writeFileSync(join(folder, 'stray.json'), JSON.stringify({ x: bytes.toString('base64') }));
  const erasure = await openErasure(engine, { data: folder });
  const { proof } = await erasure.erase(realm('test'), 'ada@example.com', { ...order, prove: true });
  // Address, name, two templates with their marks; place, device and probe of the verification.
  expect(proof!.sealedValues).toEqual({ tried: 9, opened: 0 });
  expect(proof!.found.map(({ file, kind }) => [file.slice(folder.length + 1), kind]).sort()).toEqual([
    ['stray.bin', 'probe as floats'],
    ['stray.json', 'probe as base64'],
  ]);
  expect(proof!.needles['probe as floats']).toBeGreaterThanOrEqual(3);
});

test('a reader of the database, such as a backup, is not waited for: the log is emptied when it has gone', async () => {
  const ada = await enroll('ada@example.com');
  const reader = new Sqlite(join(folder, 'gatehouse.db'), { readonly: true });
  reader.exec('begin');
  reader.prepare('select * from subject').all();
  const erasure = await openErasure(engine);
  const receipt = await erasure.erase(realm(), ada, order);
  expect(receipt).toMatchObject({
    state: 'pending',
    waitingFor: [expect.stringContaining('the log of the database')],
  });
  expect(await erasure.retry()).toEqual({ finished: 0, pending: 1 });
  reader.close();
  expect(await erasure.retry()).toEqual({ finished: 1, pending: 0 });
  expect(await erasure.receipt(receipt.erasure)).toMatchObject({ state: 'done', waitingFor: [] });
});

test('the search of a person who was not erased finds the person', async () => {
  const ada = await enroll('ada@example.com');
  const sealer = {
    ...engine.sealer,
    destroyPersons: async () => ({ existed: true, removed: 1, copies: [] }),
  };
  // Nothing lets go: neither the key nor the gallery.
  const subjects = {
    ...engine.subjects,
    forget: (_r: unknown, _s: unknown, work: never) => engine.inTransaction(work),
  };
  const erasure = await openErasure(engine, { data: folder, sealer, subjects: subjects as never });
  const { proof } = await erasure.erase(realm(), ada, { ...order, prove: true });
  expect(proof).toMatchObject({ sealedValues: { tried: 6, opened: 6 }, gallery: { searches: 1, named: 1 } });
});
