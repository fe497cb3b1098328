import sharp from 'sharp';
import { expect, test } from 'vitest';
import { analysisOf } from '../../../../test/support/faces.ts';
import { drawTestPerson } from '../../../../test/support/test-people.ts';
import type { Analysis, AnalysisRequest } from '../../../inference/face.ts';
import { testOutcomes } from '../../../lib/test-outcome.ts';
import { outcomeOfPicture, testPicture, withTestPeople } from './test-people.ts';

const real: Analysis = analysisOf('as the models see it');
const analyzer = withTestPeople({ analyze: async () => real }, () => 16);
const request = (world?: 'live' | 'test'): AnalysisRequest => ({
  detector: 'blazeface',
  embedders: ['r', 's'],
  deadline: 1,
  ...(world && { share: { world, organization: 'org_1', key: 'key_1' } }),
});

test.each(testOutcomes)('the picture of %s is the drawing of this repository', async (outcome) => {
  const raw = async (picture: Uint8Array) => (await sharp(picture).raw().toBuffer()) as Uint8Array;
  const [kept, drawn] = [await raw(testPicture(outcome)), await raw(await drawTestPerson(outcome))];
  const apart = kept.reduce((sum, value, at) => sum + Math.abs(value - drawn[at]!), 0) / kept.length;
  expect(kept.length).toBe(drawn.length);
  // The letters of the caption depend on the fonts of the machine.
  expect(apart).toBeLessThan(6);
  expect(testPicture(outcome).length).toBeLessThan(16_000);
});

test.each(testOutcomes)('%s is a test person in the test world alone', async (outcome) => {
  const picture = testPicture(outcome);
  expect((await analyzer.analyze(picture, request('test'))).testOutcome).toBe(outcome);
  expect(await analyzer.analyze(picture, request('live'))).toBe(real);
  // Where a caller names no world, the models look.
  expect(await analyzer.analyze(picture, request())).toBe(real);
});

test('another encoding of the same pixels is a picture like any other', async () => {
  const again = new Uint8Array(await sharp(testPicture('verified')).png().toBuffer());
  expect(outcomeOfPicture(again)).toBeUndefined();
  expect(await analyzer.analyze(again, request('test'))).toBe(real);
  const longer = new Uint8Array([...testPicture('verified'), 0]);
  expect(await analyzer.analyze(longer, request('test'))).toBe(real);
});

test('all are one person but the stranger, who is a new one each time', async () => {
  const vector = async (outcome: (typeof testOutcomes)[number]) =>
    (await analyzer.analyze(testPicture(outcome), request('test'))).face!.embeddings.r!;
  expect(await vector('duplicate')).toEqual(await vector('verified'));
  expect(await vector('not-matched')).not.toEqual(await vector('not-matched'));
  expect(Math.hypot(...(await vector('verified')))).toBeCloseTo(1, 5);
});
