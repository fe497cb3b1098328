import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { padPair, scorerR } from '../../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import { livingHead } from '../../../../test/support/heads.ts';
import { embeddingHistory } from './embedding-history.ts';
import { judgeFrames } from './frame-consistency.ts';
import { liveness } from './liveness.ts';
import { personMessages } from './person-messages.ts';

/** What the console calls them. */
const names: Record<string, unknown> = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '../../../../renderer/console/features/verifications/detail-strings.en.json'),
    'utf8',
  ),
);

const adviceCodes = Object.keys(personMessages).slice(
  Object.keys(personMessages).indexOf('NO_COLOR'),
  Object.keys(personMessages).indexOf('NOT_A_PERSON') + 1,
);

/** Names of fields at any depth; of records by code, and of pictures' components, none. */
function namesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inside]) => [
    name,
    ...(name === 'leftOut' ? [] : namesOf(inside)),
  ]);
}

test('each figure that a check keeps has a name in the catalog, or is a sentence that is left out', () => {
  const alice = direction('alice');
  const frames = livingHead(40).map((motion, i) => ({
    at: i * 100,
    analysis: analysisOf(`f${i}`, { motion, live: 0.9, embeddings: { 'a-net': near(alice, 0.97, `f${i}`) } }),
  }));
  const main = analysisOf('main', { live: 0.9, embeddings: { 'a-net': alice } });
  const judged = judgeFrames(main, frames, [scorerR]);
  const found = [
    judged.finding,
    judgeFrames(main, frames, []).finding,
    liveness(main, { ...judged, leftOut: { BLURRED: 1 }, note: 'Why.' }, padPair, 'live'),
    embeddingHistory(
      alice,
      Array.from({ length: 6 }, (_, i) => near(alice, 0.9, `old${i}`)),
    ),
  ].flatMap(({ details }) => namesOf(details));
  expect(found).toEqual(expect.arrayContaining(['least', 'identity', 'deviations', 'motionless', 'note']));
  const sentences = ['note', 'standard', 'advice', 'limitFrom'];
  const structure = ['layers', 'layer', 'maturity', 'counts'];
  const unknown = found.filter(
    (name) => ![...sentences, ...structure].includes(name) && !Object.hasOwn(names, name),
  );
  expect([...new Set(unknown)]).toEqual([]);
  const faults = ['FACE_NOT_FOUND', 'SEVERAL_FACES', 'FRAMES_INCONSISTENT', ...adviceCodes];
  expect(faults.filter((code) => !Object.hasOwn(names, `fault.${code}`))).toEqual([]);
});
