import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analysisOf } from '../support/faces.ts';
import { measureSelfies } from './selfies.ts';

test('a first picture is refused by its quality or by liveness, each counted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'selfies-'));
  for (const name of ['close', 'covered', 'fills', 'photograph']) writeFileSync(join(folder, name), name);
  const shown: Record<string, Parameters<typeof analysisOf>[1]> = {
    close: { quality: { frameShare: 0.7 }, live: 0.9 },
    covered: { quality: { lowerFace: 0.5 }, live: 0.9 },
    fills: { quality: { frameShare: 0.8 }, live: 0.9 },
    photograph: { live: 0.49 },
  };
  const report = await measureSelfies(folder, async (picture) => {
    const name = Buffer.from(picture).toString();
    return analysisOf(name, shown[name]!);
  });
  expect(report.reasons).toEqual({ FACE_COVERED: 1, TOO_CLOSE: 1, liveness: 1 });
  expect(report.accepted).toBe(1);
});
