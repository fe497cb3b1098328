import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { FlowDefinition } from '../../service/engine/live/index.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { Problem } from '../../service/lib/problem.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { openRedirects, redirectTargets } from '../support/open-redirects.ts';
import { operatorParts } from '../support/operator-parts.ts';

// Every place that takes a redirect refuses every trick, and names the field.

let engine: Engine;
let access: ReturnType<typeof createAccess>;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let keys: { server: string; page: string };

beforeAll(async () => {
  engine = await startEngine();
  await engine.installPad();
  const eventsOut = await openEventsOut(engine);
  access = createAccess({ ...engine, log: silentLog, refusals: engine.limits.refusals });
  const parts = { ...engine, ...eventsOut, ...operatorParts, access, log: silentLog };
  const metrics = createMetrics({ processMetrics: false });
  app = await createPublicServer({ ...parts, metrics }, { trustedProxies: [] });
  await app.ready();
  await engine.organizations.set(engine.organization, { redirectTargets }, operator);
  const realm = { organization: engine.organization, world: 'test' } as const;
  const scopes = ['sessions', 'hosted', 'registrations', 'presence'] as const;
  const server = await access.createKey({ ...realm, scopes: [...scopes] }, operator);
  const origins = ['https://shop.example'];
  const page = await access.createKey({ ...realm, scopes: ['sessions'], browser: true, origins }, operator);
  keys = { server: server.key, page: page.key };
});
afterAll(async () => {
  await app.close();
  await access.settled();
  await engine.stop();
});

/** The answer, and the field that is named. */
async function post(url: string, payload: object, headers: object = { 'x-api-key': keys.server }) {
  // Past the limit of a minute.
  engine.advance(2_000);
  const reply = await app.inject({ method: 'POST', url, payload, headers: { ...headers } });
  const { code, details = [] } = reply.json();
  // No body with a NUL is read.
  if (code === 'MALFORMED_JSON' && JSON.stringify(payload).includes('\\u0000')) return [400, 'NUL'];
  return [reply.statusCode, code, ...details.map(({ path }: { path: string }) => path)];
}
const registration = {
  reference_user_id: 'user_1',
  data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
};
const origin = 'https://shop.example';

/** Where a caller or an administrator names a redirect. Presence takes none. */
const places: Record<string, { field: string; ask(url: string): Promise<unknown[]> }> = {
  'a hosted link, success': {
    field: 'redirect_url',
    ask: (redirect_url) => post('/hosted/generate', { product: 'verifyhuman', redirect_url }),
  },
  'a hosted link, failure': {
    field: 'failure_redirect_url',
    ask: (failure_redirect_url) => post('/hosted/generate', { product: 'verifyhuman', failure_redirect_url }),
  },
  'a registration': {
    field: 'redirect_url',
    ask: (redirect_url) => post('/register', { ...registration, redirect_url }),
  },
  'a session': {
    field: 'redirectUrl',
    ask: (redirectUrl) => post('/api/v1/sessions', { redirectUrl }),
  },
  'a session of a page': {
    field: 'redirectUrl',
    ask: (redirectUrl) => post('/api/v1/sessions', { redirectUrl }, { 'x-api-key': keys.page, origin }),
  },
  ...Object.fromEntries(
    ['success', 'failure'].map((end) => [
      `a flow, ${end}`,
      {
        field: `redirects.${end}`,
        async ask(url: string) {
          const definition = { name: 'Visitors', product: 'verifyhuman', redirects: { [end]: url } };
          const parsed = FlowDefinition.safeParse(definition);
          if (!parsed.success) return [400, 'INVALID_REQUEST', parsed.error.issues[0]!.path.join('.')];
          const problem = await engine.flows.create(engine.organization, parsed.data, operator).then(
            () => undefined,
            (error: Problem) => error,
          );
          if (!problem) return [201, undefined];
          return [400, problem.code, ...(problem.extra.details ?? []).map(({ path }) => path)];
        },
      },
    ]),
  ),
};

test.each(Object.entries(places))('%s leads nowhere else', async (_, { field, ask }) => {
  for (const url of openRedirects)
    expect([url, await ask(url)]).toBeOneOf([
      [url, [400, 'INVALID_REQUEST', field]],
      [url, [400, 'NUL']],
    ]);
  for (const url of ['https://app.example.com/done#x', 'myapp://done'])
    expect([url, (await ask(url))[1]]).toEqual([url, undefined]);
});

test('a page may also lead back to its own origin, and to no other port of it', async () => {
  const { ask } = places['a session of a page']!;
  expect((await ask('https://shop.example/done'))[1]).toBe(undefined);
  for (const url of ['https://shop.example:8443/', 'http://shop.example/', 'https://shop.example@evil.com/'])
    expect([url, await ask(url)]).toEqual([url, [400, 'INVALID_REQUEST', 'redirectUrl']]);
});
