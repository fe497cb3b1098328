import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../../test/support/engine.ts';
import { openErasure } from '../../../../../test/support/erasure.ts';
import { direction } from '../../../../../test/support/faces.ts';
import { createGalleries, type OpenGalleries } from '../../../../inference/gallery/galleries.ts';
import type { SubjectId, World } from '../../../../lib/id.ts';
import { silentLog } from '../../../../lib/log.ts';
import { alone } from '../../../../storage/position/position.ts';
import { createSnapshotKey } from '../../../../storage/sealing/snapshot-key.ts';
import { createSubjects } from '../subjects.ts';

let engine: Engine;
let folder: string;
let opened: OpenGalleries[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
  engine = await startEngine({ most: 3 });
  await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await engine.stop();
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'gallery.snapshot');
const realm = (world: World = 'live') => ({ organization: engine.organization, world });

/** A start over the same database; counts the templates that it opens. */
async function start({ snapshot = true, partSize = 2 } = {}) {
  const galleries = createGalleries({ log: silentLog });
  opened.push(galleries);
  let read = 0;
  const subjects = createSubjects({
    ...engine,
    sealer: {
      ...engine.sealer,
      openMany(values) {
        read += values.filter(({ context }) => context.field.startsWith('template.vector')).length;
        return engine.sealer.openMany(values);
      },
    },
    log: silentLog,
    galleries,
    position: alone,
    most: 3,
    ...(snapshot && {
      snapshot: { file: file(), key: createSnapshotKey(engine), fewest: 1, partSize },
    }),
  });
  await subjects.loadGalleries();
  const rowsOf = (id: string) =>
    (['live', 'test'] as const).flatMap((world) =>
      ['a-net', 'b-net'].map((embedder) =>
        galleries.rowOf(`${engine.organization}/${world}/${embedder}`, id),
      ),
    );
  return { subjects, rowsOf, read: () => read, people: () => subjects.people(realm()) };
}

const enroll = async (subjects: Engine['subjects'], name: string, picture = name, world: World = 'live') =>
  (
    await subjects.enroll(
      realm(world),
      {
        email: `${name}@example.com`,
        embeddings: { 'a-net': direction(picture), 'b-net': direction(picture, 64) },
        quality: picture.length / 100,
        confirmed: picture.length % 2 === 0,
      },
      operator,
    )
  ).subject.id;

/** The same but for what rounding does to a vector on its way through the database. */
function expectAlike(found: ReturnType<OpenGalleries['rowOf']>[], expected: typeof found): void {
  expect(found.map((row) => row?.marked)).toEqual(expected.map((row) => row?.marked));
  for (const [i, row] of expected.entries()) {
    const cosine = row?.vector.reduce((sum, value, at) => sum + value * found[i]!.vector[at]!, 0);
    if (row) expect(cosine).toBeCloseTo(1, 5);
  }
}

test('a start opens no template of those who are in the file as they are stored', async () => {
  const first = await start();
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push(await enroll(first.subjects, `p${i}`));
  await enroll(first.subjects, 'p0', 'p0-again');
  await first.subjects.snapshot.keep();
  const second = await start();
  expect(second.read()).toBe(0);
  expect(ids.map(second.rowsOf)).toEqual(ids.map(first.rowsOf));
  expect(await second.subjects.nearest(realm(), 'a-net', direction('p3'), 1)).toEqual([ids[3]]);
});

test('whatever was done since, a start has what one without the file has', async () => {
  const names = ['ada', 'bob', 'cleo', 'dora', 'emil'];
  const first = await start();
  const erasure = await openErasure(engine, { subjects: first.subjects });
  const ids = new Map<string, SubjectId>();
  const all: SubjectId[] = [];
  const steps = fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      step: fc.constantFrom('enroll', 'enroll', 'anchor', 'remove', 'erase', 'keep', 'keep'),
      n: fc.nat(6),
    }),
    { minLength: 3, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (program) => {
      for (const { name, step, n } of program) {
        const id = ids.get(name);
        if (step === 'enroll') {
          const made = await enroll(first.subjects, name, `${name}${'x'.repeat(n)}`).catch(() => undefined);
          if (made && !id) all.push(made);
          if (made) ids.set(name, made);
        } else if (step === 'keep') await first.subjects.snapshot.keep();
        else if (id && step === 'erase') {
          await erasure.erase(realm(), id, { reason: 'request', actor: operator });
          ids.delete(name);
        } else if (id) {
          const pictures = await first.subjects.pictures(id);
          const picture = { subject: id, enrollment: pictures[n % pictures.length]!.enrollment };
          const change =
            step === 'anchor'
              ? first.subjects.confirm(realm(), { ...picture, confirmed: n % 2 === 0 }, operator)
              : first.subjects.removePicture(realm(), picture, operator);
          await change.catch(() => {});
        }
      }
      const [kept, read] = [await start(), await start({ snapshot: false })];
      for (const id of all) expectAlike(kept.rowsOf(id), read.rowsOf(id));
      expect(kept.people()).toBe(read.people());
    }),
    { numRuns: 12, seed: 50 },
  );
});

test('of a part whose people have changed the others are taken all the same, and newcomers are read', async () => {
  const first = await start({ partSize: 4 });
  const ids: SubjectId[] = [];
  for (let i = 0; i < 9; i++) ids.push(await enroll(first.subjects, `p${i}`));
  await first.subjects.snapshot.keep();
  await enroll(first.subjects, 'p4', 'p4-again');
  ids.push(await enroll(first.subjects, 'p9'));
  const second = await start({ partSize: 4 });
  // Of one who has two pictures, and of the newcomer.
  expect(second.read()).toBe(3);
  expect(second.people()).toBe(10);
  expect(ids.slice(0, 4).map(second.rowsOf)).toEqual(ids.slice(0, 4).map(first.rowsOf));
  for (const id of ids) expectAlike(second.rowsOf(id), first.rowsOf(id));
});

test('an erasure takes the file away, and a copy of it opens no more', async () => {
  const first = await start();
  const id = await enroll(first.subjects, 'ada');
  await enroll(first.subjects, 'bob');
  await first.subjects.snapshot.keep();
  copyFileSync(file(), join(folder, 'copy'));
  const erasure = await openErasure(engine, { subjects: first.subjects });
  await erasure.erase(realm(), id, { reason: 'request', actor: operator });
  expect(existsSync(file())).toBe(false);
  copyFileSync(join(folder, 'copy'), file());
  const second = await start();
  expect([second.people(), second.read()]).toEqual([1, 1]);
  await second.subjects.snapshot.keep();
  const third = await start();
  expect([third.people(), third.read()]).toEqual([1, 0]);
});

test('the file shows no vector, and a changed or cut one changes nothing but the time of the start', async () => {
  const first = await start();
  const ids: SubjectId[] = [];
  for (let i = 0; i < 3; i++) ids.push(await enroll(first.subjects, `p${i}`));
  await first.subjects.snapshot.keep();
  const whole = readFileSync(file());
  const { vector } = first.rowsOf(ids[0]!)[0]!;
  expect(whole.includes(Buffer.from(vector.buffer, 0, 16))).toBe(false);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, cuts) => {
      const changed = Buffer.from(cuts ? whole.subarray(0, at) : whole);
      if (!cuts) changed[at]! ^= 1;
      writeFileSync(file(), changed);
      const second = await start();
      expect(ids.map(second.rowsOf)).toEqual(ids.map(first.rowsOf));
    }),
    { numRuns: 25, seed: 50 },
  );
  // Read part by part, it would take hours.
  truncateSync(file(), 2 ** 32);
  const third = await start();
  expect(ids.map(third.rowsOf)).toEqual(ids.map(first.rowsOf));
});

test('rows under another rotation than the newest do not fit', async () => {
  const first = await start();
  await enroll(first.subjects, 'ada');
  await first.subjects.snapshot.keep();
  await engine.sealer.transforms.add(engine.organization);
  const second = await start();
  expect([second.people(), second.read()]).toEqual([1, 1]);
});

test('the file is written again once enough people have changed', async () => {
  const first = await start();
  await enroll(first.subjects, 'ada');
  await first.subjects.snapshot.keep();
  const before = readFileSync(file());
  await first.subjects.snapshot.keep();
  expect(readFileSync(file()).equals(before)).toBe(true);
  await enroll(first.subjects, 'bob');
  await first.subjects.snapshot.keep();
  expect((await start()).read()).toBe(0);
});
