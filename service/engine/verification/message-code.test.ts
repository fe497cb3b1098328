import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { personMessages, qualityComponents, qualityGates, skipReasons } from '../matching/index.ts';
import { messageCodeOf } from './message-code.ts';

/** What the console says. */
const catalog = (name: string): Record<string, string> =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../renderer/console/reasons', `${name}.en.json`), 'utf8'),
  );

test('each message to a person is in the catalog by its code, in English as the service says it', () => {
  const said = catalog('message-strings');
  // That sentence of the service is one of a contract, in British spelling; these pages are in American.
  const { NOT_RECOGNIZED } = personMessages;
  expect(said).toMatchObject({ ...personMessages, NOT_RECOGNIZED: NOT_RECOGNIZED.replace('ised', 'ized') });
  const parts = [...qualityComponents, ...qualityGates].map((one) => `quality.${one}`);
  expect(Object.keys(said)).toEqual(
    expect.arrayContaining([...Object.keys(personMessages), ...parts, 'NOT_GOOD', 'NO_FIT_FRAME']),
  );
  for (const code of Object.keys(skipReasons))
    expect(catalog('reason-strings')).toHaveProperty([`skipped.${code}`]);
});

test('the service finds the code of a sentence that it made of two', () => {
  expect([
    messageCodeOf(personMessages.NOT_CLEAR),
    messageCodeOf('The picture is not good enough (headSize).'),
    messageCodeOf('No frame shows the face well enough. Face the camera.'),
    messageCodeOf('No deviceInfo was given.'),
    messageCodeOf('The check geoFence failed.'),
    messageCodeOf('A sentence of an earlier release.'),
  ]).toEqual([
    'NOT_CLEAR',
    'NOT_GOOD.headSize',
    'NO_FIT_FRAME.NOT_FRONTAL',
    'skipped.NO_DEVICE',
    'CHECK_FAILED.geoFence',
    undefined,
  ]);
});
