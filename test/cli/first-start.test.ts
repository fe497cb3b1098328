import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recapture } from '../support/recapture.ts';
import { type Cli, createCli, type Service } from './gatehouse.ts';
import { portrait } from './portraits.ts';

// What an installation promises from its first start, with nothing imported.

let cli: Cli;
let service: Service;
let key: string;

beforeAll(async () => {
  cli = createCli();
  ({
    keys: { live: key },
  } = await cli.init<{ keys: { live: string } }>('Museum'));
  const consent = 'v1,signed form,explicit consent,verification+identification';
  await cli.json('consent', 'attest', '--consent', consent);
  service = await cli.serve();
});
afterAll(() => cli.clean());

async function post(path: string, image: Buffer) {
  const reply = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ image: image.toString('base64'), email: 'bea@example.com' }),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

/** A verdict on a picture that looked alive. */
const judged = (verified: boolean) => ({
  status: 200,
  body: {
    verified,
    assurance: 'passive',
    checkResults: expect.arrayContaining([expect.objectContaining({ check: 'liveness', pass: true })]),
  },
});

test('a live key enrolls and verifies a living person, and refuses a picture of a screen', async () => {
  expect(await post('/api/enroll', await portrait('bea'))).toMatchObject({
    body: { enrolled: true },
  });
  const again = await portrait('bea', 60);
  expect(await post('/api/verify', again)).toMatchObject(judged(true));
  expect(await post('/api/verify', await recapture(again))).toMatchObject({
    status: 422,
    body: { code: 'CHECK_FAILED', reason: 'The picture looks like a photograph or a screen.' },
  });
  expect(await post('/api/verify', await portrait('stranger'))).toMatchObject(judged(false));
});

const originals = join(import.meta.dirname, '../../../shared/models');
const unseen = existsSync(originals) ? '' : ': ../shared/models is not here';

test.skipIf(unseen)(`the files that its nets were made from need no import${unseen}`, async () => {
  const files = ['2.7_80x80_MiniFASNetV2.pth', 'retail-0095/face-reidentification-retail-0095.xml'];
  const paths = files.map((file) => join(originals, file));
  const { code, stdout } = await cli.run('models', 'import', ...paths);
  expect([code, stdout.match(/comes with Gatehouse; nothing to import\./g)]).toEqual([
    0,
    ['comes with Gatehouse; nothing to import.', 'comes with Gatehouse; nothing to import.'],
  ]);
});

test('health and doctor name the set, and nothing is imported', async () => {
  const health = await (await fetch(`${service.url}/health`)).json();
  expect(health).toMatchObject({ pad: { installed: true, set: 'minifasnet-pair' } });
  const { items } = await cli.json<{ items: { id: string; origin: string }[] }>('models', 'list');
  expect(items.filter(({ origin }) => origin === 'imported').map(({ id }) => id)).toEqual([]);
  const { findings } = await cli.json<{ findings: { what: string; state: string }[] }>('doctor');
  expect(findings).toContainEqual(
    expect.objectContaining({ what: 'presentation attack detection', state: 'ok' }),
  );
});
