import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { certificate, certificateKey, rsaCertificate, rsaKey } from '../../../test/support/certificate.ts';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createServer } from '../server.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function listen(tls?: { cert: string; key: string }): Promise<{ port: number }> {
  const app = createServer({
    access: recordedAccess(),
    log: silentLog,
    ids: createIds(systemClock),
    ...(tls && { tls }),
  });
  running.push(app);
  app.get('/x', { config: { access: 'public' } }, async () => 'x');
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: (app.server.address() as AddressInfo).port };
}

/** What one real handshake agrees on, or `refused`. */
async function handshake(port: number, options: ConnectionOptions): Promise<string> {
  // SECLEVEL 0: it is the server that has to refuse.
  const ciphers = options.ciphers && `${options.ciphers}:@SECLEVEL=0`;
  const socket = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...options,
    ...(ciphers && { ciphers }),
  });
  try {
    await once(socket, 'secureConnect');
    return `${socket.getProtocol()} ${socket.getCipher().name}`;
  } catch {
    return 'refused';
  } finally {
    socket.destroy();
  }
}

describe('the ciphers of the box', () => {
  test('TLS 1.3 when the caller speaks it', async () => {
    const { port } = await listen({ cert: certificate, key: certificateKey });
    expect(await handshake(port, {})).toBe('TLSv1.3 TLS_AES_256_GCM_SHA384');
  });

  test.each([
    ['ECDSA', { cert: certificate, key: certificateKey }],
    ['RSA', { cert: rsaCertificate, key: rsaKey }],
  ])('TLS 1.2 with ECDHE and GCM or ChaCha20 only, with a key of %s', async (kind, pair) => {
    const { port } = await listen(pair);
    const offer = (ciphers: string) => handshake(port, { maxVersion: 'TLSv1.2', ciphers });
    const agreed: Record<string, string> = {};
    const accepted = [
      `ECDHE-${kind}-AES256-GCM-SHA384`,
      `ECDHE-${kind}-AES128-GCM-SHA256`,
      `ECDHE-${kind}-CHACHA20-POLY1305`,
    ];
    const refused = [
      `ECDHE-${kind}-AES256-SHA384`,
      `ECDHE-${kind}-AES128-SHA256`,
      `ECDHE-${kind}-AES256-SHA`,
      `ECDHE-${kind}-AES128-SHA`,
      ...(kind === 'RSA'
        ? [
            'AES256-GCM-SHA384',
            'AES128-GCM-SHA256',
            'AES256-SHA256',
            'AES128-SHA',
            'DHE-RSA-AES128-GCM-SHA256',
          ]
        : []),
    ];
    for (const cipher of [...accepted, ...refused]) agreed[cipher] = await offer(cipher);
    expect(agreed).toEqual({
      ...Object.fromEntries(accepted.map((cipher) => [cipher, `TLSv1.2 ${cipher}`])),
      ...Object.fromEntries(refused.map((cipher) => [cipher, 'refused'])),
    });
    expect(await handshake(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT' })).toBe(
      'refused',
    );
  });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'of %s, no group that costs far more than X25519',
  async (version) => {
    const { port } = await listen({ cert: rsaCertificate, key: rsaKey });
    const agreed: Record<string, string> = {};
    for (const ecdhCurve of ['X25519', 'P-256', 'P-384', 'P-521', 'X448', 'ffdhe2048', 'ffdhe3072'])
      agreed[ecdhCurve] = await handshake(port, { ecdhCurve, minVersion: version, maxVersion: version });
    const served = expect.stringContaining(version);
    expect(agreed).toEqual({
      X25519: served,
      'P-256': served,
      'P-384': served,
      'P-521': 'refused',
      X448: 'refused',
      ffdhe2048: 'refused',
      ffdhe3072: 'refused',
    });
  },
);

test('a connection of TLS 1.2 cannot begin another handshake', async () => {
  const { port } = await listen({ cert: rsaCertificate, key: rsaKey });
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  const failed = new Promise((resolve) => client.once('error', resolve));
  await once(client, 'secureConnect');
  client.renegotiate({}, (error) => error && client.emit('error', error));
  expect(await failed).toBeInstanceOf(Error);
  client.destroy();
});

describe('Strict-Transport-Security', () => {
  async function policyFor(port: number, host: string): Promise<string | undefined> {
    const outgoing = httpsRequest({
      port,
      host: '127.0.0.1',
      path: '/x',
      agent: false,
      rejectUnauthorized: false,
      headers: { host },
    });
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    answer.resume();
    return answer.headers['strict-transport-security'];
  }

  test('is sent for a host name that the certificate covers, and for no other host', async () => {
    const { port } = await listen({ cert: rsaCertificate, key: rsaKey });
    const policies: Record<string, string | undefined> = {};
    for (const host of [
      'gate.example.org',
      `GATE.example.org:${port}`,
      'gate.example.org.',
      'other.example.org',
      'localhost',
      `127.0.0.1:${port}`,
      '[::1]',
    ]) {
      policies[host] = await policyFor(port, host);
    }
    expect(policies).toEqual({
      'gate.example.org': 'max-age=31536000',
      [`GATE.example.org:${port}`]: 'max-age=31536000',
      'gate.example.org.': 'max-age=31536000',
      'other.example.org': undefined,
      localhost: undefined,
      [`127.0.0.1:${port}`]: undefined,
      '[::1]': undefined,
    });
  });

  test('is not sent without a certificate', async () => {
    const { port } = await listen();
    const answer = await fetch(`http://127.0.0.1:${port}/x`, { headers: { host: 'gate.example.org' } });
    expect(answer.headers.get('strict-transport-security')).toBeNull();
  });
});
