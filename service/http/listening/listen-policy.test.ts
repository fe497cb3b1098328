import { describe, expect, test } from 'vitest';
import { listenPolicy } from './listen-policy.ts';

const ask = (host: string, more: { tls?: boolean; insecureHttp?: boolean } = {}) =>
  listenPolicy({ host, tls: false, insecureHttp: false, ...more }).is;

describe('listenPolicy', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
    'loopback %s needs no certificate and no warning',
    (host) => expect(ask(host)).toBe('allowed'),
  );

  test.each([
    '0.0.0.0',
    '::',
    '',
    '192.168.1.5',
    '10.0.0.1',
    'fe80::1',
    '::ffff:10.0.0.1',
    'gatehouse.lan',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '128.0.0.1',
    '0x7f.1',
    '2130706433',
  ])('beyond loopback, %j is refused in the clear', (host) => {
    expect(ask(host)).toBe('refused');
    expect(ask(host, { insecureHttp: true })).toBe('allowed-with-warning');
    expect(ask(host, { tls: true })).toBe('allowed');
    expect(ask(host, { tls: true, insecureHttp: true })).toBe('allowed');
  });

  test('says where and what to do', () => {
    expect(listenPolicy({ host: '192.168.1.5', tls: false, insecureHttp: false })).toEqual({
      is: 'refused',
      reason:
        'Listening on 192.168.1.5 without a certificate is refused: pictures of faces and API keys would cross the network in the clear. Give --tls-cert and --tls-key, listen on 127.0.0.1, or say --insecure-http if something in front encrypts.',
    });
    expect(listenPolicy({ host: '', tls: false, insecureHttp: true })).toMatchObject({
      warning: expect.stringContaining('every address of this machine WITHOUT ENCRYPTION'),
    });
  });
});
