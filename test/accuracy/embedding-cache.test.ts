import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openEmbeddingCache, type PictureResult } from './embedding-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cache-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a picture is analyzed once for the same models, and its name is not kept', async () => {
  const file = join(folder, 'embeddings.jsonl');
  const [one, two] = [Buffer.from('one'), Buffer.from('two')];
  const found: PictureResult = {
    embeddings: { a: Float32Array.of(0.6, -0.8), b: Float32Array.of(1) },
    secondFace: true,
  };
  const runs: string[] = [];
  const ask = (models: string, picture: Uint8Array, result: PictureResult = found) =>
    openEmbeddingCache(file, models).of(picture, async () => {
      runs.push(`${models}/${picture}`);
      return result;
    });
  expect(await ask('m1', one)).toEqual(found);
  expect(await ask('m1', one)).toEqual(found);
  expect(await ask('m1', two, { code: 'FACE_NOT_FOUND' })).toEqual({ code: 'FACE_NOT_FOUND' });
  expect(await ask('m1', two)).toEqual({ code: 'FACE_NOT_FOUND' });
  // A line that was cut short, as by a full disk.
  appendFileSync(file, '{"key":"12');
  expect(await ask('m2', one)).toEqual(found);
  expect(runs).toEqual(['m1/one', 'm1/two', 'm2/one']);
  expect(readFileSync(file, 'utf8')).not.toContain('one');
});
