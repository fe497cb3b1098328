import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { certificate, certificateKey } from '../../test/support/certificate.ts';
import { createCustomerAuthority, hasOpenssl } from '../../test/support/certificate-authority.ts';
import { listen } from '../../test/support/listener.ts';
import { createOutgoing } from './create-outgoing.ts';
import type { Outgoing, OutgoingRequest } from './outgoing.ts';

/** The server's certificate is its own CA, for localhost and 127.0.0.1. */
const ca = certificate;
const pinOf = (pem: string) =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
const pin = pinOf(certificate);
const otherCa = rootCertificates[0]!;
const otherPin = pinOf(otherCa);

let outgoing: Outgoing;
let server: ReturnType<typeof createServer>;
let listener: Awaited<ReturnType<typeof listen>>;
let seen: { host: string | undefined; sni: string | false | undefined }[];

beforeEach(async () => {
  outgoing = createOutgoing();
  seen = [];
  server = createServer({ cert: certificate, key: certificateKey }, (request, response) => {
    seen.push({
      host: request.headers.host,
      sni: (request.socket as unknown as { servername?: string | false }).servername,
    });
    response.end('ok');
  });
  listener = await listen(server);
});
afterEach(async () => {
  await outgoing.close();
  await listener.stop();
});

const post = (host: string, more: Partial<OutgoingRequest> = {}) =>
  outgoing
    .post({
      url: new URL(`https://${host}:${listener.port}/`),
      address: '127.0.0.1',
      headers: {},
      body: new TextEncoder().encode('a secret'),
      timeout: 15_000,
      keep: 1_000,
      ...more,
    })
    .then(
      ({ body }) => body,
      ({ failure }) => failure as string,
    );

test('the server is asked for by the name of the URL, also where the address comes from elsewhere', async () => {
  expect(await post('localhost', { ca })).toBe('ok');
  expect(await post('hooks.example.test', { pin })).toBe('ok');
  expect(await post('127.0.0.1', { ca })).toBe('ok');
  const { port } = listener;
  expect(seen).toEqual([
    { host: `localhost:${port}`, sni: 'localhost' },
    { host: `hooks.example.test:${port}`, sni: 'hooks.example.test' },
    { host: `127.0.0.1:${port}`, sni: false },
  ]);
});

describe('is trusted, and no other issuer', () => {
  test.each<[what: string, host: string, trust: Partial<OutgoingRequest>, expected: string]>([
    ['nothing of our own: the system does not know it', 'localhost', {}, 'tls'],
    ['its CA', 'localhost', { ca }, 'ok'],
    ['its CA, for an address that stands in it', '127.0.0.1', { ca }, 'ok'],
    ['its CA, for another name', 'hooks.example.test', { ca }, 'tls'],
    ['another CA', 'localhost', { ca: otherCa }, 'tls'],
    ['no CA at all', 'localhost', { ca: 'not PEM' }, 'tls'],
    ['an empty CA', 'localhost', { ca: '' }, 'tls'],
    ['its key', 'localhost', { pin }, 'ok'],
    ['its key, whatever the name', 'hooks.example.test', { pin }, 'ok'],
    ['another key', 'localhost', { pin: otherPin }, 'tls'],
    ['no key that there is', 'localhost', { pin: '' }, 'tls'],
    ['its CA and its key', 'localhost', { ca, pin }, 'ok'],
    ['its CA and another key', 'localhost', { ca, pin: otherPin }, 'tls'],
    ['another CA and its key', 'localhost', { ca: otherCa, pin }, 'tls'],
    ['its CA and its key, for another name', 'hooks.example.test', { ca, pin }, 'tls'],
  ])('%s', async (_, host, trust, expected) => {
    expect(await post(host, trust)).toBe(expected);
    // No byte of the body goes to an untrusted server.
    expect(seen.length).toBe(expected === 'ok' ? 1 : 0);
  });
});

test('a connection opened with one trust serves no other', async () => {
  expect(await post('localhost', { pin })).toBe('ok');
  expect(await post('localhost', { ca: otherCa })).toBe('tls');
  expect(await post('localhost', { pin: otherPin })).toBe('tls');
  expect(await post('localhost')).toBe('tls');
  expect(await post('localhost', { pin })).toBe('ok');
});

test('the refusal says which key was found', async () => {
  const request = {
    url: new URL(`https://localhost:${listener.port}/`),
    address: '127.0.0.1',
    headers: {},
    body: new Uint8Array(),
    timeout: 15_000,
    keep: 0,
  };
  await expect(outgoing.post({ ...request, pin: otherPin })).rejects.toMatchObject({
    message: `The server’s key is not the pinned one: its SHA-256 is ${pin}, expected was ${otherPin}.`,
  });
  await expect(outgoing.post(request)).rejects.toMatchObject({
    message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
  });
});

test('where no CA is given, those of the operating system are believed, and NODE_EXTRA_CA_CERTS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-ca-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, ca);
  const script = `
    import { createOutgoing } from ${JSON.stringify(new URL('./create-outgoing.ts', import.meta.url).href)};
    const outgoing = createOutgoing();
    const url = new URL('https://localhost:${listener.port}/');
    const order = { url, address: '127.0.0.1', headers: {}, body: new Uint8Array(), timeout: 15_000, keep: 10 };
    console.log(await outgoing.post(order).then(({ body }) => body, ({ failure }) => failure));
    await outgoing.close();`;
  const ask = async (env: Record<string, string>) => {
    const words = ['--input-type=module', '--no-warnings', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, words, { env });
    return stdout.trim();
  };
  try {
    expect(await ask({})).toBe('tls');
    expect(await ask({ SSL_CERT_FILE: file })).toBe('ok');
    expect(await ask({ NODE_EXTRA_CA_CERTS: file })).toBe('ok');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a server without TLS is a failure of TLS', async () => {
  const { createServer: createHttpServer } = await import('node:http');
  const plain = await listen(createHttpServer((_, response) => response.end('plain')));
  expect(await post('localhost', { ca, url: new URL(`https://localhost:${plain.port}/`) })).toBe('tls');
  await plain.stop();
});

test.skipIf(!hasOpenssl)('a chain without its intermediate certificate is named as that', async () => {
  const authority = createCustomerAuthority();
  try {
    const { request, key } = authority.requestOf('/CN=localhost');
    const leaf = authority.sign(request, { extensions: 'subjectAltName=DNS:localhost\n' });
    const reply = (_: unknown, response: ServerResponse) => response.end('ok');
    const alone = await listen(createServer({ cert: leaf, key }, reply));
    const whole = await listen(createServer({ cert: leaf + authority.intermediate, key }, reply));
    const at = (port: number, more: Partial<OutgoingRequest> = {}) =>
      outgoing.post({
        url: new URL(`https://localhost:${port}/`),
        address: '127.0.0.1',
        headers: {},
        body: new Uint8Array(),
        timeout: 15_000,
        keep: 10,
        ...more,
      });
    await expect(at(alone.port, { ca: authority.root })).rejects.toMatchObject({
      failure: 'tls',
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      message: expect.stringContaining(
        'The server sent its own certificate alone, without the intermediate certificate that issued it: let the server send its whole chain',
      ),
    });
    expect(await at(whole.port, { ca: authority.root })).toMatchObject({ body: 'ok' });
    await expect(at(whole.port)).rejects.toMatchObject({
      message: expect.stringContaining('It was not issued by a trusted CA'),
    });
    await alone.stop();
    await whole.stop();
  } finally {
    authority.remove();
  }
});
