import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestOutcome, testOutcomes } from '../../service/lib/test-outcome.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { listen } from '../support/listener.ts';

// A real service with its real nets: what an integrator's tests meet without a camera (docs/TESTING.md), and what the live world makes of it.

let cli: Cli;
let service: Service;
let organizationId: string;
const keys = { test: '', live: '' };
const pictures = {} as Record<TestOutcome, string>;

type Reply = { status: number; body: Record<string, never> & Record<string, unknown> };

async function ask(world: 'test' | 'live', path: string, body?: object): Promise<Reply> {
  const reply = await fetch(service.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-api-key': keys[world], ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: (await reply.json()) as Reply['body'] };
}
const pageOf = async (link: object, more: object = {}) => {
  const post = async (path: string, body: object, token?: string) => {
    const reply = await fetch(`${service.url}/api/live/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    const answer = (await reply.json()) as Record<string, never>;
    if (!reply.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer as Record<string, never> & { token: string; consent: { version: string }; state: string };
  };
  const description = await post('describe', { link });
  const begun = await post('begin', {
    link,
    consent: true,
    textVersion: description.consent.version,
    device: {},
    path: { flash: true, motion: true },
    ...more,
  });
  return {
    description,
    show: (frames: object[]) => post('frames', { is: 'start', frames }, begun.token),
    leave: () => post('deny', { link }, begun.token),
  };
};

beforeAll(async () => {
  cli = createCli();
  ({ organizationId } = await cli.json<{ organizationId: string }>('init', '--org', 'Harbour'));
  await cli.json('limits', 'set', '--burst', '100000');
  await cli.json(
    'consent',
    'attest',
    '--consent',
    'v1,contract,explicit consent,verification+identification+deduplication',
  );
  const scopes = 'identity,sessions,presence,hosted,registrations,behavior,webhooks';
  for (const env of ['test', 'live'] as const)
    keys[env] = (
      await cli.json<{ key: string }>(
        'key',
        'create',
        '--org',
        organizationId,
        '--scopes',
        scopes,
        '--env',
        env,
      )
    ).key;
  service = await cli.serve('--log-level', 'error');
  for (const outcome of testOutcomes) {
    const reply = await fetch(`${service.url}/docs/test-people/${outcome}.jpg`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    pictures[outcome] = Buffer.from(await reply.arrayBuffer()).toString('base64');
  }
});
afterAll(() => cli?.clean());

describe('in the test world', () => {
  test('by /api/enroll and /api/verify, as often as one likes', async () => {
    const email = 'ada@example.com';
    const enrolled = await ask('test', '/api/enroll', { image: pictures.verified, email });
    expect(enrolled).toMatchObject({ status: 200, body: { enrolled: true, testOutcome: 'verified' } });
    for (let round = 0; round < 12; round++) {
      const refused = await ask('test', '/api/verify', { image: pictures['refused-by-liveness'] });
      expect(refused).toMatchObject({
        status: 422,
        body: {
          code: 'CHECK_FAILED',
          reason: 'The picture looks like a photograph or a screen.',
          testOutcome: 'refused-by-liveness',
        },
      });
      const other = await ask('test', '/api/verify', { image: pictures['not-matched'] });
      expect(other).toMatchObject({ status: 200, body: { verified: false, testOutcome: 'not-matched' } });
    }
    for (const address of [undefined, email]) {
      const verified = await ask('test', '/api/verify', {
        image: pictures.verified,
        ...(address && { email: address }),
      });
      expect(verified).toMatchObject({
        status: 200,
        body: { verified: true, email, testOutcome: 'verified' },
      });
    }
    const claimed = await ask('test', '/api/verify', { image: pictures['not-matched'], email });
    expect(claimed.body).toMatchObject({ verified: false, reason: 'Identity not recognised' });
    const two = await ask('test', '/api/verify', { image: pictures['two-faces'] });
    expect(two).toMatchObject({ status: 422, body: { code: 'SEVERAL_FACES', testOutcome: 'two-faces' } });
    const photo = await ask('test', '/api/enroll', {
      image: pictures['refused-by-liveness'],
      email: 'photo@example.com',
    });
    expect(photo).toMatchObject({ status: 422, body: { code: 'CHECK_FAILED' } });
    await cli.json('org', 'set', '--uniqueness', 'block');
    const again = await ask('test', '/api/enroll', { image: pictures.duplicate, email: 'eve@example.com' });
    expect(again).toMatchObject({ status: 409, body: { code: 'DUPLICATE_IDENTITY' } });
    await cli.json('org', 'set', '--uniqueness', 'warn');
  });

  const decisions: [TestOutcome, number, unknown][] = [
    ['verified', 200, 'approved'],
    ['not-matched', 200, 'rejected'],
    ['refused-by-liveness', 200, 'rejected'],
    ['two-faces', 200, 'rejected'],
    ['review', 202, null],
    ['duplicate', 200, 'duplicate'],
    ['expired', 200, 'expired'],
  ];
  test.each(decisions)(
    'a session that shows the picture of %s ends so',
    async (outcome, status, decision) => {
      for (let round = 0; round < 2; round++) {
        const { body: made } = await ask('test', '/api/v1/sessions', { uniquenessPolicy: 'warn' });
        const path = `/api/v1/sessions/${made.sessionId}`;
        const { body: shown } = await ask('test', path);
        const { version } = shown.consent as unknown as { version: string };
        const { body: signalled } = await ask('test', `${path}/signals`, {
          token: made.token,
          consent: { textVersion: version },
          frames: [{ image: pictures[outcome], time: 0 }],
        });
        expect(signalled).toMatchObject({ next: 'finalize' });
        const end = await ask('test', `${path}/finalize`, {});
        expect([end.status, end.body.decision, end.body.testOutcome]).toEqual([status, decision, outcome]);
        expect(end.body.riskFlags).not.toContain('duplicate_identity');
      }
    },
  );

  test.each(decisions)(
    'one that was ordered with %s ends so at its page, without a picture',
    async (...row) => {
      const [testOutcome, status, decision] = row;
      const { body: made } = await ask('test', '/api/v1/sessions', { testOutcome, metadata: { cart: 'c1' } });
      const { description, show } = await pageOf({ kind: 'session', token: made.token });
      expect(description).toMatchObject({ test: true, testOutcome });
      expect((await show([])).state).toBe(testOutcome === 'expired' ? 'ended' : 'decided');
      const end = await ask('test', `/api/v1/sessions/${made.sessionId}/finalize`, {});
      expect([end.status, end.body.decision, end.body.testOutcome]).toEqual([status, decision, testOutcome]);
      const { body: list } = await ask('test', '/api/v1/sessions?limit=1');
      expect(list.items).toMatchObject([
        { sessionId: made.sessionId, testOutcome, metadata: { cart: 'c1' } },
      ]);
    },
  );

  test('presence, hosted and registrations end as they were ordered', async () => {
    const ends: [TestOutcome, string, string, string][] = [
      ['verified', 'VERIFIED', 'PASS', 'COMPLETED'],
      ['not-matched', 'CANCELLED', 'FAIL', 'FAILED'],
      ['refused-by-liveness', 'CANCELLED', 'FAIL', 'FAILED'],
      ['review', 'PENDING', 'PENDING', 'PENDING'],
      ['duplicate', 'CANCELLED', 'FAIL', 'FAILED'],
      ['expired', 'EXPIRED', 'EXPIRED', 'EXPIRED'],
    ];
    const pathOf = (address: unknown) => String(address).split('/').at(-1)!;
    for (const [outcome, presence, hosted, registration] of ends) {
      const metadata = { outcome };
      const asked = await ask('test', '/api/presence/sessions', {
        orgId: organizationId,
        purpose: 'Deploy',
        email: 'ada@example.com',
        testOutcome: outcome,
        metadata,
      });
      await (await pageOf({ kind: 'presence', token: pathOf(asked.body.verifyUrl) })).show([]);
      const shown = await ask('test', `/api/presence/sessions/${asked.body.sessionId}`);
      expect(shown.body).toMatchObject({ status: presence, testOutcome: outcome, metadata });

      const link = await ask('test', '/hosted/generate', {
        product: 'verifyidentity',
        test_outcome: outcome,
        metadata,
      });
      await (await pageOf({ kind: 'hosted', token: link.body.token })).show([]);
      const status = await ask('test', `/api/mobile/v1/verifyidentity/status/${link.body.verification_id}`);
      expect(status.body).toMatchObject({ status: hosted, test_outcome: outcome, metadata });

      const reference_user_id = `user ${outcome}`;
      const invited = await ask('test', '/register', {
        reference_user_id,
        data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
        test_outcome: outcome,
        metadata,
      });
      await (await pageOf({ kind: 'registration', token: pathOf(invited.body.invite_url) })).show([]);
      const state = await ask('test', '/get_status', { reference_user_id });
      expect(state.body).toMatchObject({ connection_status: registration, test_outcome: outcome, metadata });
    }
    for (const path of ['/api/presence/sessions', '/hosted/verifications', '/registrations']) {
      const first = await ask('test', `${path}?limit=4`);
      const second = await ask('test', `${path}?limit=4&cursor=${first.body.next}`);
      const items = [first, second].flatMap(({ body }) => body.items as unknown as { metadata: object }[]);
      expect(items.map(({ metadata }) => metadata)).toEqual(ends.map(([outcome]) => ({ outcome })).reverse());
      expect(second.body.next).toBeUndefined();
      expect((await ask('live', path)).body.items).toEqual([]);
    }
  });
});

describe('data of the caller’s own', () => {
  const metadata = { cart: 'c1', lines: [1, null, { sku: 'é' }] };
  const received: { id: unknown; body: Record<string, never> & Record<string, unknown> }[] = [];
  let receiver: Awaited<ReturnType<typeof listen>>;
  const webhooks = new Map<string, string>();
  beforeAll(async () => {
    receiver = await listen(
      createServer(async (request, response) => {
        const body = (await json(request)) as Record<string, never>;
        received.push({ id: request.headers['webhook-id'], body });
        response.writeHead(204).end();
      }),
    );
    const host = `127.0.0.1:${receiver.port}`;
    await cli.json('grant', 'add', host);
    for (const family of ['identity', 'sessions', 'behavior', 'hosted', 'registrations']) {
      const more = ['--family', family, '--env', 'test'];
      const { id } = await cli.json<{ id: string }>('webhook', 'add', `http://${host}/${family}`, ...more);
      webhooks.set(family, id);
    }
  });
  afterAll(() => receiver?.stop());
  const named = (body: Record<string, unknown>) => {
    const { eventId, event_id, version } = (body.data ?? body) as Record<string, unknown>;
    return [eventId ?? event_id, version];
  };
  const data_request = { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' };
  const opened = async (userId: string) =>
    (await ask('test', '/api/v1/challenge/create', { userId })).body.challenge_id;
  const verdict = async (userId: string) => (await ask('test', '/api/v1/verify', { userId })).body.token;

  /** Each call that makes something; asked anew each time. */
  const calls: [string, (n: string) => object | Promise<object>][] = [
    ['/api/enroll', (n) => ({ image: pictures.verified, email: `own-${n}@example.com` })],
    ['/api/verify', () => ({ image: pictures['not-matched'] })],
    ['/api/v1/verify', (n) => ({ userId: `verified ${n}` })],
    ['/api/v1/session', async (n) => ({ userId: `beat ${n}`, sessionToken: await verdict(`beat ${n}`) })],
    ['/api/v1/challenge/create', (n) => ({ userId: `challenged ${n}` })],
    ['/api/v1/challenge/verify', async (n) => ({ challenge_id: await opened(`answered ${n}`), answer: '?' })],
    ['/api/v1/webhooks', () => ({ url: `https://127.0.0.1:${receiver.port}/in` })],
    ['/api/v1/sessions', () => ({ uniquenessPolicy: 'off' })],
    ['/api/v1/widget/sessions', () => ({ uniquenessPolicy: 'off' })],
    ['/api/presence/sessions', () => ({ orgId: organizationId, purpose: 'Deploy' })],
    ['/hosted/generate', () => ({ product: 'verifyhuman' })],
    ['/register', (n) => ({ reference_user_id: `own ${n}`, data_request })],
  ];
  test.each(calls)('%s gives it back, and nothing where nothing was sent', async (path, order) => {
    const without = await ask('test', path, await order('without'));
    expect([path, without.status, without.body]).toEqual([path, expect.any(Number), expect.anything()]);
    expect(without.status).toBeLessThan(300);
    expect(without.body).not.toHaveProperty('metadata');
    const made = await ask('test', path, { ...(await order('with')), metadata });
    expect(made.body).toMatchObject({ metadata });
    const absent = await ask('test', path, { ...(await order('null')), metadata: null });
    expect([absent.status, absent.body.metadata]).toEqual([without.status, undefined]);
    // The largest; a key and a text of a page's own size; what is no object.
    const most = { text: 'x'.repeat(16 * 1024 - '{"text":""}'.length) };
    const full = await ask('test', path, { ...(await order('full')), metadata: most });
    expect(full.body).toMatchObject({ metadata: most });
    for (const bad of [{ text: `${most.text}x` }, { text: 'é'.repeat(8_200) }, 'text', [metadata], 7]) {
      const refused = await ask('test', path, { ...(await order('bad')), metadata: bad });
      expect([refused.status, refused.body.code]).toEqual([400, 'INVALID_REQUEST']);
      expect(refused.body.details).toMatchObject([{ path: 'metadata' }]);
    }
  });

  test.each(['/api/enroll', '/api/verify'])('%s takes it in a form, as JSON text', async (path) => {
    const send = async (text: string) => {
      const form = new FormData();
      form.set('image', new Blob([Buffer.from(pictures.verified, 'base64')]), 'a.jpg');
      form.set('email', 'ada@example.com');
      form.set('metadata', text);
      const headers = { 'x-api-key': keys.test };
      const reply = await fetch(service.url + path, { method: 'POST', headers, body: form });
      return { status: reply.status, body: (await reply.json()) as Reply['body'] };
    };
    expect((await send(JSON.stringify(metadata))).body).toMatchObject({ metadata });
    const large = JSON.stringify({ text: 'x'.repeat(10_000_000), more: 'y' });
    for (const bad of ['{', '"text"', '[]', large]) expect((await send(bad)).status).toBe(400);
  });

  test('a picture that is refused has it too; a text of megabytes is too large at once', async () => {
    const image = pictures['two-faces'];
    const refused = await ask('test', '/api/verify', { image, metadata });
    expect(refused).toMatchObject({ status: 422, body: { code: 'SEVERAL_FACES', metadata } });
    const text = 'x'.repeat(20_000_000);
    const large = await ask('test', '/api/verify', { image, metadata: { text } });
    expect(large).toMatchObject({ status: 400, body: { details: [{ path: 'metadata' }] } });
  });

  test('every event names itself as its head does, with the version of its shape and the data of its call', async () => {
    const email = 'events@example.com';
    await ask('test', '/api/enroll', { image: pictures.verified, email, metadata });
    await ask('test', '/api/verify', { image: pictures.verified, email, metadata });
    await ask('test', '/api/verify', { image: pictures['refused-by-liveness'], metadata });
    await ask('test', '/api/v1/verify', { userId: 'event', metadata });
    const { body: session } = await ask('test', '/api/v1/sessions', { testOutcome: 'verified', metadata });
    const { body: link } = await ask('test', '/hosted/generate', {
      product: 'verifyhuman',
      test_outcome: 'refused-by-liveness',
      metadata,
    });
    const { body: invited } = await ask('test', '/register', {
      reference_user_id: 'event',
      data_request,
      test_outcome: 'verified',
      metadata,
    });
    const links = [
      { kind: 'session', token: session.token },
      { kind: 'hosted', token: link.token },
      { kind: 'registration', token: String(invited.invite_url).split('/').at(-1)! },
    ];
    for (const link of links) await (await pageOf(link)).show([]);
    const wanted: [string, (body: Record<string, unknown>) => boolean][] = [
      ['user.enrolled', ({ data }) => (data as { email?: string }).email === email],
      ['verification.success', ({ data }) => (data as { email?: string }).email === email],
      ['verification.failure', ({ data }) => String((data as { reason?: string }).reason).includes('screen')],
      ['bot.detected', ({ user_id }) => user_id === 'event'],
      ['verification.completed', ({ sessionId }) => sessionId === session.sessionId],
      ['verification.completed', ({ verification_id }) => verification_id === link.verification_id],
      ['USER_VERIFICATION_COMPLETED', ({ reference_user_id }) => reference_user_id === 'event'],
    ];
    const find = (name: string, is: (typeof wanted)[number][1]) =>
      received.filter(({ body }) => body.event === name && is(body)).at(-1);
    for (const [name, is] of wanted) {
      await expect.poll(() => find(name, is)?.body.event).toBe(name);
      const { id, body } = find(name, is)!;
      expect([name, body.data ?? body]).toMatchObject([name, { metadata }]);
      expect(id).toMatch(/^evt_/);
      expect(named(body)).toEqual([id, 1]);
      // Sent again by hand, it is the same. (Those that a key registered above have no receiver.)
      const { items } = await cli.json<{ items: { id: string; endpoint: string }[] }>(
        ...['webhook', 'deliveries', '--event', String(id), '--env', 'test'],
      );
      const sent = items.find(({ endpoint }) => [...webhooks.values()].includes(endpoint))!;
      const before = received.length;
      await cli.json('webhook', 'resend', sent.id, '--env', 'test');
      await expect.poll(() => received.slice(before).some((again) => again.id === id)).toBe(true);
      expect(named(received.slice(before).find((again) => again.id === id)!.body)).toEqual([id, 1]);
    }
    for (const { id, body } of received) expect(named(body)).toEqual([id, 1]);
    for (const webhook of webhooks.values()) {
      const before = received.length;
      const { id } = await cli.json<{ id: string }>('webhook', 'test', webhook, '--env', 'test');
      const sent = received.slice(before).find((one) => one.id === id)!;
      expect(named(sent.body)).toEqual([id, 1]);
    }
  });
});

describe('in the live world', () => {
  test('no key orders a session with its outcome', async () => {
    const orders = {
      '/api/v1/sessions': { testOutcome: 'verified' },
      '/api/presence/sessions': { orgId: organizationId, purpose: 'Deploy', testOutcome: 'verified' },
      '/hosted/generate': { product: 'verifyhuman', test_outcome: 'verified' },
      '/register': {
        reference_user_id: 'user live',
        data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
        test_outcome: 'verified',
      },
    };
    await cli.json('org', 'set', '--match-only');
    for (const [path, order] of Object.entries(orders)) {
      const refused = await ask('live', path, order);
      expect([path, refused.status, refused.body.code]).toEqual([path, 400, 'INVALID_REQUEST']);
      expect(refused.body.error).toContain('test key');
    }
  });

  test.each(testOutcomes)('the picture of %s is one that the models look at', async (outcome) => {
    const image = pictures[outcome];
    const enrolled = await ask('live', '/api/enroll', { image, email: `${outcome}@example.com` });
    expect(enrolled.body).not.toHaveProperty('testOutcome');
    expect(enrolled.status).toBe(422);
  });

  test('so it is at the other doors', async () => {
    const image = pictures.verified;
    const verified = await ask('live', '/api/verify', { image });
    expect(verified.body).not.toHaveProperty('testOutcome');
    expect(verified.body.verified).not.toBe(true);
    const { body: made } = await ask('live', '/api/v1/sessions', { uniquenessPolicy: 'off' });
    const { show, leave } = await pageOf({ kind: 'session', token: made.token });
    const { state } = await show([0, 100, 200].map((time) => ({ image, time })));
    expect(['guiding', 'running', 'ready']).toContain(state);
    await leave();
    expect((await ask('live', `/api/v1/sessions/${made.sessionId}`)).body).not.toHaveProperty('testOutcome');
  });

  test('a person of the test world is none of the live one', async () => {
    const verified = await ask('live', '/api/verify', { image: pictures.verified, email: 'ada@example.com' });
    expect(verified.body.verified).not.toBe(true);
  });
});
