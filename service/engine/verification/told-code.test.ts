import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { qualityComponents, qualityGates, skipReasons, told } from '../matching/index.ts';
import { toldCodeOf } from './told-code.ts';

/** What the console says. */
const catalog = (name: string): Record<string, string> =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../renderer/console/reasons', `${name}.en.json`), 'utf8'),
  );

test('whatever a person is told is in the catalog by its code, in English as the service says it', () => {
  const said = catalog('told-strings');
  expect(said).toMatchObject(told);
  const parts = [...qualityComponents, ...qualityGates].map((one) => `quality.${one}`);
  expect(Object.keys(said)).toEqual(
    expect.arrayContaining([...Object.keys(told), ...parts, 'NOT_GOOD', 'NO_FIT_FRAME']),
  );
  for (const code of Object.keys(skipReasons))
    expect(catalog('reason-strings')).toHaveProperty([`skipped.${code}`]);
});

test('the service finds the code of a sentence that it made of two', () => {
  expect([
    toldCodeOf(told.NOT_CLEAR),
    toldCodeOf('The picture is not good enough (headSize).'),
    toldCodeOf('No frame shows the face well enough. Face the camera.'),
    toldCodeOf('No deviceInfo was given.'),
    toldCodeOf('The check geoFence failed.'),
    toldCodeOf('A sentence of an earlier release.'),
  ]).toEqual([
    'NOT_CLEAR',
    'NOT_GOOD.headSize',
    'NO_FIT_FRAME.NOT_FRONTAL',
    'skipped.NO_DEVICE',
    'CHECK_FAILED.geoFence',
    undefined,
  ]);
});
