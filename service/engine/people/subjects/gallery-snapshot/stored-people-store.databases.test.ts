import { afterEach, beforeEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../../test/support/engine.ts';
import { direction } from '../../../../../test/support/faces.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import { fileOf } from '../../../models/index.ts';
import { digestOf, everyRange, peopleBeingErased, peopleIn } from './stored-people-store.ts';

onBothDatabases('people with templates, in ranges', (newLocation) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  const realm = () => ({ organization: engine.organization, world: 'live' as const });
  const files = () => ({ 'a-net': fileOf(engine.models.current().files, 'a-net') });
  const enroll = async (name: string) =>
    (
      await engine.subjects.enroll(
        realm(),
        { email: `${name}@example.com`, embeddings: { 'a-net': direction(name) }, quality: 0.1 + 0.2 },
        operator,
      )
    ).subject.id;
  async function read() {
    const ranges = [];
    for await (const range of everyRange(engine.db, 2)) {
      const people = await peopleIn(engine.db, files(), range, new Set());
      const digest = (await digestOf(engine.db, range)).toString('hex');
      ranges.push({ range, digest, people: people.map(({ subject }) => subject) });
    }
    return ranges;
  }

  test('each person is in one, and its digest changes with what is stored of them', async () => {
    const ids: SubjectId[] = [];
    for (let i = 0; i < 7; i++) ids.push(await enroll(`p${i}`));
    const before = await read();
    expect(before.length).toBeGreaterThan(2);
    expect(before.flatMap(({ people }) => people)).toEqual(ids.toSorted());
    expect(await read()).toEqual(before);

    const changed = before[1]!.people[0]!;
    await enroll(`p${ids.indexOf(changed)}`);
    const same = [];
    for (const { range, digest } of before)
      same.push((await digestOf(engine.db, range)).toString('hex') === digest);
    expect(same).toEqual(before.map((_, i) => i !== 1));
    await engine.db.updateTable('template').set({ anchor: 0 }).where('subject', '=', ids[0]!).execute();
    const [{ range, digest }] = before as [(typeof before)[number]];
    expect((await digestOf(engine.db, range)).toString('hex')).not.toBe(digest);
    expect((await peopleBeingErased(engine.db)).size).toBe(0);
  });
});
