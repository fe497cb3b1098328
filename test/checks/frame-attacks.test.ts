import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import type { CheckResult } from '../../service/engine/matching/index.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { Problem } from '../../service/lib/problem.ts';
import { portrait } from '../cli/portraits.ts';
import { key, operator } from '../support/engine.ts';
import { sparing } from '../support/sparing.ts';

const samples = fileURLToPath(new URL('../../node_modules/@vladmandic/face-api/demo', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'gatehouse-frame-attacks-'));

let gatehouse: Gatehouse;
let organization: OrganizationId;
beforeAll(async () => {
  gatehouse = await compose(parseConfig({ data, ...sparing }, {}, data), { log: silentLog });
  organization = (await gatehouse.organizations.create({ name: 'Acme' }, operator)).id;
  await gatehouse.checks.enroll({
    organization,
    world: 'test',
    picture: await portrait('ada'),
    email: 'ada@example.com',
    actor: operator,
  });
});
afterAll(async () => {
  await gatehouse?.close();
  rmSync(data, { recursive: true, force: true });
});

/** Each test is an attacker of their own, not the next failed attempt of one. */
afterEach(async () => {
  await gatehouse.checks.unlock({ organization, world: 'test' }, 'ada@example.com', operator);
});

const COUNT = 12;
const several = (make: (i: number) => Promise<Buffer>) =>
  Promise.all(Array.from({ length: COUNT }, (_, i) => make(i)));

/** The same picture, a little shifted, relit and encoded anew: what a camera sends of a person who sits. */
const sitting = (picture: Buffer) => (i: number) =>
  sharp(picture)
    .extract({ left: i, top: COUNT - i, width: 440, height: 440 })
    .modulate({ brightness: 1 + i / 100 })
    .jpeg({ quality: 95 - i })
    .toBuffer();

/** From ada's portrait: eyes to chin and no more. */
const closeUp = (picture: Buffer) => (i: number) =>
  sharp(picture)
    .extract({ left: 110 + i, top: 130, width: 230, height: 250 })
    .resize(600)
    .jpeg()
    .toBuffer();

/** A stranger whose head is turned by more than 30 degrees. */
const turnedAway = (i = 0) =>
  sharp(join(samples, 'sample5.jpg'))
    .extract({ left: 483 + i, top: 380, width: 384, height: 384 })
    .resize({ width: 260, height: 384, fit: 'fill' })
    .jpeg({ quality: 95 })
    .toBuffer();

const verify = (picture: Buffer, frames: Buffer[]) =>
  gatehouse.checks.verify({
    organization,
    world: 'test',
    email: 'ada@example.com',
    picture,
    frames,
    actor: key,
  });

async function refusalOf(picture: Buffer, frames: Buffer[]): Promise<CheckResult> {
  const error = await verify(picture, frames).then(
    () => expect.fail('it was not refused'),
    (refusal: Problem) => refusal,
  );
  expect(error).toMatchObject({ code: 'CHECK_FAILED' });
  const results = error.extra.checkResults as CheckResult[];
  return results.find(({ check }) => check === 'frameConsistency')!;
}

test('frames of the person who sits there are consistent and all count', async () => {
  const ada = await portrait('ada', 91);
  const verdict = await verify(ada, await several(sitting(ada)));
  expect(verdict).toMatchObject({ verified: true, subject: { email: 'ada@example.com' } });
  expect(verdict.checkResults[1]).toMatchObject({
    check: 'frameConsistency',
    pass: true,
    score: 1,
    details: { pictures: 13, counted: 12, leftOut: {} },
  });
});

test('the picture itself among its frames, in another format, counts once', async () => {
  const ada = await portrait('ada', 91);
  const copy = await sharp(ada).png().toBuffer();
  const frames = await several(sitting(ada));
  const verdict = await verify(ada, [copy, ...frames]);
  expect(verdict.checkResults[1]).toMatchObject({ score: 1, details: { pictures: 13, counted: 12 } });
  expect(await refusalOf(ada, [copy, ...frames, ada])).toMatchObject({
    reason: 'The same picture was sent twice.',
  });
});

test('A1: close-ups of the same file vouch for nothing', async () => {
  const ada = await portrait('ada', 91);
  expect(await refusalOf(ada, await several(closeUp(ada)))).toMatchObject({
    pass: false,
    score: 0,
    reason: expect.stringMatching(/^No frame shows the face well enough\. Move /),
  });
});

test('A2: strangers who are turned away vouch for nothing, nor do strangers who face the camera', async () => {
  const ada = await portrait('ada', 91);
  expect(await refusalOf(ada, await several(turnedAway))).toMatchObject({
    score: 0,
    reason: 'The face is turned away or too small in too many frames: face the camera.',
  });
  expect(await refusalOf(ada, await several(sitting(await portrait('bea'))))).toMatchObject({
    score: 0,
    reason: 'The frames do not show one and the same face.',
  });
  const [own] = await several(sitting(ada));
  expect(await refusalOf(ada, [own!, await portrait('bea')])).toMatchObject({
    score: 0,
    reason: 'The frames do not show one and the same face.',
  });
});

test('A3: a picture that is turned away cannot be vouched for by frames', async () => {
  const frames = await several(sitting(await portrait('ada', 91)));
  expect(await refusalOf(await turnedAway(), frames)).toMatchObject({
    score: 0,
    reason: 'The picture cannot be compared with its frames: face the camera in it.',
  });
});
