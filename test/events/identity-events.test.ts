import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyWebhook } from '../../sdk/gatehouse/src/index.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait, wall } from '../cli/portraits.ts';

// From a picture posted to the real service to the receiver of the organization, which checks it with our SDK.

interface Received {
  id: string | undefined;
  event: { event: string; orgId: string; timestamp: string; data: Record<string, unknown> };
}

let cli: Cli;
let receiver: Server;
let secret: string;
let received: Received[];
let onEvent: () => void;

beforeEach(() => {
  cli = createCli();
  received = [];
  onEvent = () => {};
  receiver = createServer(async (request, response) => {
    const verified = await verifyWebhook<Received['event']>(await text(request), request.headers, secret);
    received.push({ id: verified.id, event: verified.event });
    response.writeHead(204).end();
    onEvent();
  });
});
afterEach(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await cli.clean();
});

const until = (count: number) =>
  new Promise<void>((resolve) => {
    onEvent = () => {
      if (received.length >= count) resolve();
    };
    onEvent();
  });

test('a receiver gets what the caller gets over HTTP', async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const made = await cli.json<{ organizationId: string; keys: { test: string } }>('init', '--org', 'Acme');
  const service = await cli.serve('--workers', '1');
  await cli.json('grant', 'add', host);
  const words = ['webhook', 'add', `http://${host}/in`, '--family', 'identity', '--test'];
  ({ secret } = await cli.json<{ secret: string }>(...words));
  async function post(path: string, body: object) {
    const reply = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': made.keys.test },
      body: JSON.stringify(body),
    });
    return (await reply.json()) as Record<string, unknown>;
  }
  const image = async (picture: Promise<Buffer>) => (await picture).toString('base64');

  const email = 'ada@example.com';
  const enrolled = await post('/api/enroll', { image: await image(portrait('ada')), email });
  const success = await post('/api/verify', { image: await image(portrait('ada', 80)) });
  const failure = await post('/api/verify', { image: await image(portrait('stranger')), email });
  const blank = await post('/api/verify', { image: await image(wall()) });
  expect([success.verified, failure.verified, blank.code]).toEqual([true, false, 'FACE_NOT_FOUND']);
  await until(4);

  const names = received.map(({ event }) => event.event);
  expect(names).toEqual([
    'user.enrolled',
    'verification.success',
    'verification.failure',
    'verification.failure',
  ]);
  expect(new Set(received.map(({ id }) => id)).size).toBe(4);
  for (const { event } of received) expect(event.orgId).toBe(made.organizationId);
  for (const { event } of received)
    expect(event.data).toMatchObject({ eventId: expect.stringMatching(/^evt_/), version: 1 });
  const [first, second, third, fourth] = received.map(
    ({
      event: {
        data: { eventId: _e, version: _v, ...data },
      },
    }) => data,
  );
  expect(first).toEqual({ userId: enrolled.userId, email, created: true });

  const capture = { source: 'api' };
  /** As over HTTP, without what only the caller gets, and with where the picture came from, which the caller knows. */
  const asSent = ({
    match: _m,
    identification: _i,
    models: _o,
    timing: _t,
    ...reply
  }: Record<string, unknown>) => ({
    ...reply,
    capture,
    checkResults: (reply.checkResults as Record<string, unknown>[]).map(({ check, pass, score, weight }) =>
      expect.objectContaining({ check, pass, score, weight }),
    ),
  });
  expect(second).toEqual(asSent(success));
  expect(second).toMatchObject({ verified: true, userId: enrolled.userId, email });
  expect(third).toEqual(asSent(failure));
  expect(third).toMatchObject({ verified: false, confidence: 0 });
  expect(JSON.stringify(third)).not.toContain(String(enrolled.userId));
  expect(fourth).toEqual({
    verified: false,
    reason: blank.reason,
    checkResults: [expect.objectContaining({ check: 'faceQuality', pass: false })],
    assurance: 'match-only',
    capture,
    verificationId: expect.stringMatching(/^ver_/),
    profile: success.profile,
  });
  await service.end();
});
