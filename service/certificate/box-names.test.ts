import { describe, expect, test } from 'vitest';
import { boxNames, type Machine } from './box-names.ts';
import { permits } from './issue.ts';

const machine: Machine = {
  hostName: 'Gate.office.example',
  interfaces: [
    { address: '127.0.0.1', cidr: '127.0.0.1/8' },
    { address: '192.168.1.17', cidr: '192.168.1.17/24' },
    { address: '2001:db8::17', cidr: '2001:db8::17/64' },
    { address: 'fe80::17', cidr: 'fe80::17/64' },
    { address: '100.64.0.7', cidr: null },
  ],
};

test('without a chosen name it is the machine’s own, and every address that needs no interface', () => {
  expect(boxNames({ hostName: undefined, allowedHosts: [] }, machine)).toEqual({
    chosen: undefined,
    names: ['gate.office.example', 'gate', 'gate.local', 'localhost'],
    addresses: ['127.0.0.1', '::1', '192.168.1.17', '2001:db8::17', '100.64.0.7'],
    networks: ['127.0.0.0/8', '::1/128', '192.168.1.0/24', '2001:db8::/64', '100.64.0.7/32'],
  });
});

test('a chosen name takes the place of the machine’s, and allowed hosts are names of the box', () => {
  const allowedHosts = ['Face.example.org', '*.branch.example', '198.51.100.4', 'under_score.example'];
  expect(boxNames({ hostName: 'gatehouse.home.arpa', allowedHosts }, machine)).toMatchObject({
    chosen: 'gatehouse.home.arpa',
    names: ['gatehouse.home.arpa', 'gatehouse.local', 'face.example.org', 'localhost'],
    addresses: expect.arrayContaining(['198.51.100.4']),
    networks: expect.arrayContaining(['198.51.100.4/32']),
  });
});

test('a host name that is no DNS name leaves localhost', () => {
  const names = (hostName: string) =>
    boxNames({ hostName: undefined, allowedHosts: [] }, { hostName, interfaces: [] }).names;
  expect(names('my_box')).toEqual(['localhost']);
  expect(names('localhost')).toEqual(['localhost.local', 'localhost']);
});

describe('what an authority may issue for', () => {
  const permitted = {
    names: ['gatehouse.home.arpa', 'localhost'],
    networks: ['192.168.1.0/24', '2001:db8::/64'],
  };
  test.each([
    'gatehouse.home.arpa',
    'a.gatehouse.home.arpa',
    'box.localhost',
    '192.168.1.200',
    '2001:db8::9',
  ])('%s', (one) => expect(permits(permitted, one)).toBe(true));
  test.each(['home.arpa', 'xgatehouse.home.arpa', 'evil.example', '192.168.2.1', '2001:db9::1', '::1'])(
    'not %s',
    (one) => expect(permits(permitted, one)).toBe(false),
  );
});
