import { describe, expect, test } from 'vitest';
import { type ListenSettings, listenPolicy } from './listen-policy.ts';

const ask = (host: string, more: Partial<ListenSettings> = {}) =>
  listenPolicy({ host, insecureHttp: false, ...more });

describe('listenPolicy', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
    'loopback %s needs no certificate and no warning',
    (host) => {
      expect(ask(host)).toEqual({ is: 'plain' });
      expect(ask(host, { insecureHttp: true })).toEqual({ is: 'plain' });
    },
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
  ])('beyond loopback, %j is never in the clear unasked', (host) => {
    expect(ask(host)).toEqual({ is: 'tls', certificate: 'box' });
    expect(ask(host, { insecureHttp: true }).is).toBe('plain-with-warning');
    expect(ask(host, { tlsCert: 'cert.pem' })).toEqual({ is: 'tls', certificate: 'files' });
    expect(ask(host, { tlsCert: 'cert.pem', insecureHttp: true }).is).toBe('tls');
  });

  test('a host name asks for TLS on loopback too, unless something in front encrypts', () => {
    const hostName = 'gatehouse.home.arpa';
    expect(ask('127.0.0.1', { hostName })).toEqual({ is: 'tls', certificate: 'box' });
    expect(ask('127.0.0.1', { hostName, insecureHttp: true })).toEqual({ is: 'plain' });
  });

  test('says where', () => {
    expect(ask('', { insecureHttp: true })).toMatchObject({
      warning: expect.stringContaining('every address of this machine WITHOUT ENCRYPTION'),
    });
  });
});
