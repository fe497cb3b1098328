import { describe, expect, test } from 'vitest';
import { createProxyList } from './own-hosts.ts';

describe('a trusted proxy', () => {
  test.each([
    ['10.0.0.5', ['10.0.0.5', '::ffff:10.0.0.5'], ['10.0.0.6', '']],
    ['10.0.0.0/8', ['10.255.0.1'], ['11.0.0.1', 'fd00::1']],
    ['10.0.0.0/255.255.0.0', ['10.0.9.9', '::ffff:10.0.9.9'], ['10.1.0.1']],
    ['::ffff:10.0.0.5', ['10.0.0.5'], ['10.0.0.6', '::a00:5']],
    ['fd00::/8', ['fd12::1'], ['fe80::1', '10.0.0.1']],
    ['fe80::5%eth0', ['fe80::5%eth0'], ['fe80::5%eth1', 'fe80::5', 'fe80::6%eth0']],
    ['fd00::5', ['fd00::5', 'fd00:0:0:0:0:0:0:5'], ['fd00::6']],
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'], ['128.0.0.1', '::2', '10.0.0.1']],
    ['linklocal', ['169.254.3.4', 'fe80::1', 'fe80::1%eth0'], ['169.253.0.1', 'fec0::1']],
    [
      'uniquelocal',
      ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.7.7', 'fd00::1', 'fc00::1'],
      ['172.32.0.1', '192.169.0.1', '127.0.0.1', 'fe80::1'],
    ],
  ])('%s', (proxy, held, others) => {
    const isProxy = createProxyList([proxy]);
    expect([held.filter((one) => !isProxy(one)), others.filter((one) => isProxy(one))]).toEqual([[], []]);
  });

  test('none is trusted without a list, one of several is enough', () => {
    expect(createProxyList([])('127.0.0.1')).toBe(false);
    expect(createProxyList(['10.0.0.5', 'loopback'])('127.0.0.1')).toBe(true);
  });

  test.each([
    'proxy.example.org',
    'Loopback',
    '10.0.0.0/0',
    '10.0.0.0/33',
    '::/0',
    '10.0.0.0/255.0.255.0',
    '10.0.0',
    '',
    'fd00::/129',
    '::ffff:10.0.0.0/96',
  ])('%o is refused with what it has to be', (text) => {
    expect(() => createProxyList([text])).toThrow(
      `"${text}" is no trusted proxy: give an address, a network such as 10.0.0.0/8, or one of loopback, linklocal and uniquelocal.`,
    );
  });
});
