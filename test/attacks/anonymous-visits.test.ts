import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { doWork } from '../support/visit-work.ts';

const MONTHLY = 5;

let cli: Cli;
let service: Service;
let key: string;
let slug: string;
let control: Agent;
beforeEach(async () => {
  cli = createCli();
  const made = await cli.json<{ organizationId: string; keys: { live: string } }>(
    'init',
    '--org',
    'Museum',
    '--match-only',
  );
  key = made.keys.live;
  service = await cli.serve('--log-level', 'error');
  control = new Agent({ connect: { socketPath: join(cli.data, 'control.sock') } });
  const operate = (path: string, body: object = {}) =>
    send(`http://localhost/api/admin${path}?organization=${made.organizationId}`, body, {}, control);
  const flow = (await operate('/flows', { name: 'Visitors', product: 'verifyhuman' })).body as {
    id: string;
    slug: string;
  };
  slug = flow.slug;
  await operate(`/flows/${flow.id}/publish`);
  await cli.json('limits', 'set', '--monthly', String(MONTHLY));
});
afterEach(async () => {
  await control.close();
  await cli.clean();
});

async function send(url: string, body: object, headers: Record<string, string> = {}, dispatcher?: Agent) {
  const reply = await request(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    ...(dispatcher && { dispatcher }),
  });
  return { status: reply.statusCode, body: (await reply.body.json()) as Record<string, unknown> };
}
const describeFlow = async (test: boolean) =>
  (await send(`${service.url}/api/live/describe`, { link: { kind: 'flow', token: slug, test } })).body as {
    consent: { version: string };
    work?: { challenge: string; bits: number };
  };
/** One visit; `worked`: with what the page would compute. */
async function visit({ test = false, worked = false } = {}) {
  const { consent, work } = await describeFlow(test);
  const { status, body } = await send(`${service.url}/api/live/begin`, {
    link: { kind: 'flow', token: slug, test },
    consent: true,
    textVersion: consent.version,
    device: {},
    path: { flash: true, motion: true },
    ...(worked && work && { proof: doWork(work) }),
  });
  return `${status}${body.code ? ` ${body.code}` : ''}`;
}

test('anonymous visits use up no month of named callers, and cost work beyond ten of one address in a minute', async () => {
  for (let i = 0; i < MONTHLY; i++) expect(await visit()).toBe('200');
  expect(await visit()).toBe('429 MONTHLY_LIMIT_EXCEEDED');
  const asked = await send(`${service.url}/api/v1/sessions`, { subjectRef: 'named' }, { 'x-api-key': key });
  expect(asked.status).toBeLessThan(300);
  expect(await cli.json('limits', 'show')).toMatchObject({
    organization: { used: 1, limit: MONTHLY },
    visits: { used: MONTHLY, limit: MONTHLY },
  });
  // Six visits of this minute were taken or refused by the month: those of the test world count for the minute too.
  for (let i = 0; i < 10; i++) await visit({ test: true, worked: true });
  expect(await visit({ test: true })).toBe('429 BURST_LIMIT_EXCEEDED');
  expect(await visit({ test: true, worked: true })).toBe('200');
});
