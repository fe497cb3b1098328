import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';

// What a key lists is what its own organization asked for in its own world, and its answers say what is left.

let cli: Cli;
let service: Service;
const organizations: string[] = [];

const newKey = async (organization: string, env: string, ...more: string[]) =>
  (
    await cli.json<{ key: string; id: string }>(
      ...['key', 'create', '--org', organization, '--env', env, '--scopes'],
      ...(more.length > 0 ? more : ['sessions,presence,hosted,registrations']),
    )
  ).key;
const ask = async (key: string, path: string, body?: object) => {
  const reply = await fetch(service.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = (await reply.json()) as Record<string, unknown> & { items: Record<string, unknown>[] };
  return { status: reply.status, headers: reply.headers, body: answer };
};
const lists = ['/api/v1/sessions', '/api/presence/sessions', '/hosted/verifications', '/registrations'];

/** One of each kind. */
async function order(key: string, organization: string, name: string) {
  const metadata = { name };
  const made = [
    await ask(key, '/api/v1/sessions', { metadata }),
    await ask(key, '/api/presence/sessions', { orgId: organization, purpose: 'Deploy', metadata }),
    await ask(key, '/hosted/generate', { product: 'verifyhuman', metadata }),
    await ask(key, '/register', {
      reference_user_id: name,
      data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
      metadata,
    }),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201, 200, 200]);
}

beforeAll(async () => {
  cli = createCli();
  const { organizationId } = await cli.json<{ organizationId: string }>('init', '--org', 'Harbour');
  const other = await cli.json<{ id: string }>('org', 'create', '--name', 'Quay');
  organizations.push(organizationId, other.id);
  service = await cli.serve('--log-level', 'error');
});
afterAll(() => cli?.clean());

test('each list holds what this organization asked for in this world, page by page', async () => {
  const [harbour = '', quay = ''] = organizations;
  const own = await newKey(harbour, 'test');
  for (const name of ['one', 'two', 'three']) await order(own, harbour, name);
  await order(await newKey(quay, 'test'), quay, 'of another organization');
  await order(await newKey(harbour, 'live'), harbour, 'of the live world');
  const sibling = await newKey(harbour, 'test');
  for (const path of lists) {
    const first = await ask(own, `${path}?limit=2`);
    const second = await ask(own, `${path}?limit=2&cursor=${first.body.next}`);
    const names = [...first.body.items, ...second.body.items].map(({ metadata }) => metadata);
    expect([path, names]).toEqual([path, [{ name: 'three' }, { name: 'two' }, { name: 'one' }]]);
    expect(second.body.next).toBeUndefined();
    // Proofs of presence are for the key that asked for them, as one by one.
    const seen = (await ask(sibling, path)).body.items.length;
    expect([path, seen]).toEqual([path, path.includes('presence') ? 0 : 3]);
    const wrong = await ask(own, `${path}?cursor=wrong`);
    expect([wrong.status, wrong.body.code]).toEqual([400, 'INVALID_REQUEST']);
    const scope = await ask(await newKey(harbour, 'test', 'behavior'), path);
    expect([scope.status, scope.body.code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
  }
});

test('a browser key lists nothing', async () => {
  const origin = 'https://shop.example.com';
  const key = await newKey(organizations[0]!, 'test', 'sessions', '--browser', '--origin', origin);
  const reply = await fetch(`${service.url}/api/v1/sessions`, { headers: { 'x-api-key': key, origin } });
  expect(reply.status).toBe(403);
});

test('answers say what is left of each limit, and a refusal when to come back', async () => {
  const [harbour = ''] = organizations;
  await cli.json('limits', 'set', '--org', harbour, '--monthly', '50');
  const { key, id } = await cli.json<{ key: string; id: string }>(
    ...['key', 'create', '--org', harbour, '--env', 'live', '--scopes', 'sessions'],
  );
  await cli.json('limits', 'set', '--org', harbour, '--key', id, '--burst', '3');
  const first = await ask(key, '/api/v1/sessions', {});
  expect(first.headers.get('ratelimit-policy')).toMatch(/^"burst";q=3;w=60, "month";q=50;w=\d+$/);
  expect(first.headers.get('ratelimit')).toMatch(/^"burst";r=2;t=6\d, "month";r=\d+;t=\d+$/);
  await ask(key, '/api/v1/sessions');
  const third = await ask(key, '/api/v1/sessions');
  expect(third.headers.get('ratelimit')).toMatch(/^"burst";r=0;t=\d+$/);
  const refused = await ask(key, '/api/v1/sessions');
  expect([refused.status, refused.body.code]).toEqual([429, 'BURST_LIMIT_EXCEEDED']);
  expect(refused.headers.get('ratelimit-policy')).toBe('"burst";q=3;w=60');
  expect(refused.headers.get('ratelimit')).toBe(`"burst";r=0;t=${refused.headers.get('retry-after')}`);
});
