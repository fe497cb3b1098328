import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate, certificateKey } from '../support/certificate.ts';
import { type Cli, createCli } from './gatehouse.ts';

interface Shown {
  createdBy: string;
  id: string;
  family: string;
  url: string;
  events: string[];
  headers: string[];
  signature: string;
  state: { is: string; reason?: string };
  lineage?: string;
  cutOverAt?: string;
}
interface Sent {
  id: string;
  state: { is: string };
  log: { outcome: string; status?: number; request?: { headers: Record<string, string> } }[];
}

let cli: Cli;
let receiver: Server;
let origin: string;
let host: string;
let answer: number;
let received: { headers: IncomingHttpHeaders; body: string }[];

beforeEach(async () => {
  cli = createCli();
  answer = 200;
  received = [];
  receiver = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    response.writeHead(answer).end('thanks');
  });
  await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
  host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  origin = `http://${host}`;
  await cli.init('Acme');
});
afterEach(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await cli.clean();
});

const add = (...words: string[]) =>
  cli.json<Shown & { secret: string }>('webhook', 'add', `${origin}/in`, '--family', 'identity', ...words);
const list = async () => (await cli.json<{ items: Shown[] }>('webhook', 'list')).items;

/** Exit code, problem code and sentence. */
async function refused(...words: string[]) {
  const { code, stdout } = await cli.run('webhook', ...words, '--json');
  const problem = JSON.parse(stdout) as { code: string; error: string };
  return [code, problem.code, problem.error];
}

test('a webhook is made, tried, rotated and removed, with and without a service', async () => {
  const service = await cli.serve();
  expect(await refused('add', `${origin}/in`, '--family', 'identity')).toEqual([
    1,
    'DESTINATION_NOT_GRANTED',
    expect.stringContaining('grant add'),
  ]);
  expect(await list()).toEqual([]);
  await cli.json('grant', 'add', host);
  const { secret, ...made } = await add(
    '--event',
    'user.enrolled',
    '--header',
    'Authorization: Bearer hunter2',
  );
  expect(secret).toMatch(/^whsec_/);
  expect(made).toMatchObject({
    events: ['identity.user.enrolled'],
    headers: ['Authorization'],
    signature: 'hex',
  });
  expect(await list()).toEqual([made]);
  const quiet = await cli.run('webhook', 'show', made.id);
  for (const hidden of [secret, 'hunter2']) expect(quiet.stdout).not.toContain(hidden);

  const sent = await cli.json<Sent>('webhook', 'test', made.id);
  expect(sent).toMatchObject({ state: { is: 'delivered' }, log: [{ outcome: 'delivered', status: 200 }] });
  const [first] = received;
  expect(first?.headers.authorization).toBe('Bearer hunter2');
  expect(first?.headers['x-proof-signature']).toBe(
    createHmac('sha256', secret).update(first!.body).digest('hex'),
  );
  expect(new Webhook(secret).verify(first!.body, first!.headers as Record<string, string>)).toMatchObject({
    event: 'user.enrolled',
  });
  expect(JSON.stringify(sent)).not.toContain('hunter2');
  expect(JSON.stringify(sent)).not.toContain(first?.headers['x-proof-signature']);

  const next = await cli.json<{ secret: string; cutOverAt: string }>('webhook', 'rotate', made.id);
  expect(next.cutOverAt).toMatch(/^20/);
  expect(await refused('rotate', made.id)).toEqual([1, 'CONFLICT', expect.stringContaining(next.cutOverAt)]);
  answer = 500;
  const failed = await cli.run('webhook', 'test', made.id, '--event', 'verification.success');
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('500') });
  const second = received.at(-1)!;
  for (const one of [secret, next.secret])
    expect(() =>
      new Webhook(one).verify(second.body, second.headers as Record<string, string>),
    ).not.toThrow();
  expect(second.headers['x-proof-signature-next']).toBe(
    createHmac('sha256', next.secret).update(second.body).digest('hex'),
  );

  const deliveries = await cli.json<{ items: Sent[] }>('webhook', 'deliveries', '--webhook', made.id);
  expect(deliveries.items.map(({ state }) => state.is)).toEqual(['failed', 'delivered']);
  expect((await cli.run('webhook', 'delivery', sent.id)).stdout).toContain('< thanks');
  expect(await refused('resend', sent.id)).toEqual([1, 'CONFLICT', expect.stringContaining('webhook test')]);
  const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
  expect(await cli.json('webhook', 'replay', made.id, '--since', anHourAgo)).toEqual({ deliveries: 0 });
  await service.end();

  expect(await cli.json<Shown>('webhook', 'disable', made.id, '--reason', 'moved')).toMatchObject({
    state: { is: 'disabled', reason: 'moved' },
  });
  expect(await cli.json<Shown>('webhook', 'enable', made.id)).toMatchObject({ state: { is: 'enabled' } });
  expect(await refused('remove', made.id)).toEqual([
    2,
    'USAGE',
    expect.stringContaining(`--confirm ${host}`),
  ]);
  await cli.json('webhook', 'remove', made.id, '--confirm', host);
  expect(await refused('show', made.id)).toMatchObject([
    1,
    'NOT_FOUND',
    expect.stringContaining('live world'),
  ]);
});

test('changes may be given in files, and wrong files are refused; the catalog shows every event, and one as it is sent', async () => {
  await cli.serve();
  await cli.json('grant', 'add', host);
  origin = `https://${host}`;
  const { id } = await add();
  const file = (name: string, content: string) => {
    const path = join(cli.temporary, name);
    writeFileSync(path, content);
    return path;
  };
  const change = (...words: string[]) => cli.json<Shown>('webhook', 'change', id, ...words);
  const headers = file('headers', 'X-Key: hunter2: and: more\r\n\r\nx-other:\n');
  const ca = file('ca.pem', certificate);
  expect(await change('--headers-file', headers, '--ca', ca)).toMatchObject({
    headers: ['X-Key', 'x-other'],
    trust: { is: 'ca' },
  });
  expect(await change('--header', 'none', '--ca', 'none', '--description', 'ERP')).toMatchObject({
    headers: [],
    trust: { is: 'system' },
    description: 'ERP',
  });
  expect(await refused('change', id)).toEqual([2, 'USAGE', expect.stringContaining('--url')]);
  expect(await refused('change', id, '--ca', join(cli.temporary, 'none.pem'))).toEqual([
    2,
    'USAGE',
    expect.stringContaining('no file'),
  ]);
  expect(await refused('change', id, '--header', 'hunter2')).toEqual([
    2,
    'USAGE',
    expect.not.stringContaining('hunter2'),
  ]);
  expect(await refused('change', id, '--ca', file('both.pem', certificate + certificateKey))).toEqual([
    1,
    'INVALID_REQUEST',
    expect.stringContaining('private key'),
  ]);
  const wrongPin = await cli.run('webhook', 'change', id, '--pin', 'short');
  expect(wrongPin.stderr).toMatch(/^--pin must be the SHA-256/);

  const { items: events } = await cli.json<{ items: { name: string }[] }>('webhook', 'catalog');
  expect(events.map(({ name }) => name)).toContain('registrations.USER_VERIFICATION_COMPLETED');
  expect((await cli.run('webhook', 'catalog', 'behavior.bot.detected')).stdout).toContain(
    '"event": "bot.detected"',
  );
  expect(await refused('catalog', 'bot')).toEqual([2, 'USAGE', expect.stringContaining('webhook catalog')]);
});

test('a key registers, lists and deletes what it and its predecessors made, and nothing else', async () => {
  const service = await cli.serve();
  await cli.json('grant', 'add', 'public-https');
  await cli.json('grant', 'add', host);
  const own = await add('--signature', 'standard');
  const key = async (...words: string[]) =>
    cli.json<{ id: string; key: string }>('key', 'create', '--env', 'live', '--prefix', 'huma', ...words);
  const mine = await key('--scopes', 'webhooks');
  const another = await key('--scopes', 'webhooks');
  const page = await key('--scopes', 'behavior', '--browser', '--origin', 'https://shop.example');
  const ask = async (secret: string, method: string, path = '', body?: object, headers = {}) => {
    const response = await fetch(`${service.url}/api/v1/webhooks${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const reply = await response.text();
    return { status: response.status, body: reply === '' ? undefined : JSON.parse(reply) };
  };

  const made = await ask(mine.key, 'POST', '', { url: `https://${host}/hook` });
  expect(made).toEqual({
    status: 201,
    body: {
      id: expect.stringMatching(/^wh_/),
      secret: expect.stringMatching(/^huma_whsec_/),
      url: `https://${host}/hook`,
      events: ['bot.detected', 'human.verified'],
      active: true,
    },
  });
  const { secret: _, ...shown } = made.body;
  expect((await list()).map(({ id, lineage }) => [id, lineage])).toEqual([
    [shown.id, mine.id],
    [own.id, undefined],
  ]);
  expect(await ask(mine.key, 'GET')).toEqual({ status: 200, body: { webhooks: [shown] } });
  expect(await ask(another.key, 'GET')).toEqual({ status: 200, body: { webhooks: [] } });
  for (const id of [shown.id, own.id])
    expect(await ask(another.key, 'DELETE', `/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  expect(await ask(mine.key, 'DELETE', `/${own.id}`)).toMatchObject({ status: 404 });
  expect(await ask(page.key, 'GET', '', undefined, { origin: 'https://shop.example' })).toMatchObject({
    status: 403,
    body: { code: 'INSUFFICIENT_SCOPE' },
  });
  expect(await ask(mine.key, 'POST', '', { url: 'https://10.9.9.9/' })).toMatchObject({
    status: 403,
    body: { code: 'DESTINATION_NOT_GRANTED' },
  });

  const successor = await cli.json<{ id: string; key: string }>('key', 'rotate', mine.id, '--overlap', '0');
  expect(await ask(successor.key, 'GET')).toEqual({ status: 200, body: { webhooks: [shown] } });
  for (let i = 0; i < 4; i++)
    expect(await ask(successor.key, 'POST', '', { url: `https://${host}/${i}` })).toMatchObject({
      status: 201,
    });
  expect(await ask(successor.key, 'POST', '', { url: `https://${host}/5` })).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT', error: expect.stringContaining('5 are the most') },
  });
  expect(await ask(successor.key, 'DELETE', `/${shown.id}`)).toEqual({ status: 204, body: undefined });
  expect((await list()).some(({ id }) => id === shown.id)).toBe(false);

  const left = (await list()).filter(({ createdBy }) => createdBy === `key:${successor.id}`);
  const revoked = await cli.run('key', 'revoke', successor.id);
  expect([revoked.code, left.length]).toEqual([0, 4]);
  for (const { id, url } of left) expect(revoked.stdout).toContain(`${id}  ${url}`);
  expect(revoked.stdout).toContain('webhook remove WEBHOOK\n');
  expect((await cli.run('key', 'revoke', another.id)).stdout).toMatch(
    /^The key \S+ \(….{4}\) is revoked\.\n$/,
  );
  await service.end();
});
