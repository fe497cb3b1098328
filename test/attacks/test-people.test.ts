import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestOutcome, testOutcomes } from '../../service/lib/test-outcome.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';

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
  const scopes = 'identity,sessions,presence,hosted,registrations';
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
