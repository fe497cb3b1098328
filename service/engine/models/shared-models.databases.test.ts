import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { onSqlite } from '../../../test/storage/databases.ts';
import { modelEntry, startEngine } from '../../../test/support/engine.ts';
import { createSharedModels, type ModelImport } from './model-store.ts';

const bytesOf = (mark: number) => new Uint8Array(9 << 20).fill(mark);
const shaOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const importOf = (id: string, mark: number): ModelImport => ({
  entry: modelEntry(id, 'pad', { origin: 'imported', sha256: shaOf(bytesOf(mark)) }),
  scorers: [],
  padSets: [],
});

onSqlite('models that several nodes share', (newLocation) => {
  test('are read as they were kept, in parts; what no import names is dropped with the last that did', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const shared = createSharedModels(engine);
    const [one, two] = [bytesOf(1), bytesOf(2)];
    const put = (made: ModelImport) => engine.inTransaction((tx) => shared.put(tx, made, 1));
    await expect(put(importOf('a', 1))).rejects.toMatchObject({ code: 'CONFLICT' });
    await shared.keepBytes(one);
    await shared.keepBytes(one);
    await put(importOf('a', 1));
    await put(importOf('b', 1));
    const read = await shared.bytes(shaOf(one));
    expect(read && shaOf(read)).toBe(shaOf(one));
    await shared.dropUnused(shaOf(one));
    await engine.inTransaction((tx) => shared.remove(tx, 'a'));
    expect(await shared.bytes(shaOf(one))).toBeDefined();
    // Another file in its place.
    await shared.keepBytes(two);
    await put(importOf('b', 2));
    expect(await shared.bytes(shaOf(one))).toBeUndefined();
    expect((await shared.manifest()).models.map(({ id, sha256 }) => [id, sha256])).toEqual([
      ['b', shaOf(two)],
    ]);
    await engine.inTransaction((tx) => shared.remove(tx, 'b'));
    expect(await engine.db.selectFrom('model_part').select('part').execute()).toEqual([]);
    await engine.stop();
  });

  test('of one that is not whole nothing is given', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const shared = createSharedModels(engine);
    await shared.keepBytes(bytesOf(1));
    await engine.db.deleteFrom('model_part').where('part', '=', 1).execute();
    expect(await shared.bytes(shaOf(bytesOf(1)))).toBeUndefined();
    await engine.stop();
  });
});
