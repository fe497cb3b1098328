import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Audited, by, startAudited } from '../../../test/support/audited.ts';
import { type Actor, describeActor, readActor } from './audit.ts';
import { verifyExport } from './verify-export.ts';

let audited: Audited;
beforeEach(async () => {
  audited = await startAudited();
});
afterEach(() => audited.close());

const actors: [string, Actor][] = [
  ['key:key_1', { is: 'key', key: 'key_1' }],
  ['operator:ada', { is: 'operator', name: 'ada' }],
  ['administrator:adm_1', { is: 'administrator', administrator: 'adm_1' }],
  ['appliance:retention', { is: 'appliance', task: 'retention' }],
];

test.each(actors)('%s is stored so, and read back', (text, actor) => {
  expect(describeActor(actor)).toBe(text);
  expect(readActor(text)).toEqual(actor);
});

test.each(['operator:gatehouse', 'operator:gatehouse (daily sweep)', 'operator:ada: the second'])(
  'the older spelling %s stays an operator',
  (text) => {
    expect(describeActor(readActor(text))).toBe(text);
  },
);

test('a log of older lines and new ones verifies, and so does its export', async () => {
  await audited.add(2, { actor: { is: 'operator', name: 'gatehouse' } });
  for (const [, actor] of actors) await audited.add(1, { actor });
  await audited.auditLog.checkpoint('time');
  expect((await audited.auditLog.verify()).valid).toBe(true);
  expect((await audited.stored()).map(({ actor }) => actor).slice(0, 6)).toEqual([
    'operator:gatehouse',
    'operator:gatehouse',
    ...actors.map(([text]) => text),
  ]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of audited.auditLog.export({}, by)) chunks.push(chunk);
  const pinned = audited.auditLog.publicKeys();
  expect(await verifyExport(chunks, { pinned })).toMatchObject({ valid: true, lines: 7, uncovered: 0 });
});
