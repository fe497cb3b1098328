import { expect, test } from 'vitest';
import { nodeUrl, ownNodeAddress, parseNodeAddress } from './node-address.ts';

test.each([
  ['10.0.0.11:7301', 'https://10.0.0.11:7301'],
  ['10.0.0.11:443', 'https://10.0.0.11:443'],
  ['gate-1.example.org', 'https://gate-1.example.org:7301'],
  ['[2001:db8::1]:9000', 'https://[2001:db8::1]:9000'],
])('%s is where others reach a node', (text, url) => {
  expect(nodeUrl(parseNodeAddress(text)!)).toBe(url);
});

test.each([
  '',
  '0.0.0.0:7301',
  '[::]:7301',
  'https://10.0.0.1:7301',
  '10.0.0.1/x',
  'a b',
  '10.0.0.1:0',
  ':7301',
])('"%s" is no address of a machine', (text) => {
  expect(parseNodeAddress(text)).toBeUndefined();
});

test('without a setting it is the address that is listened on, or the only one of the machine', () => {
  const of = (host: string, addresses: string[]) => ownNodeAddress(host, addresses)?.host;
  expect(of('10.0.0.11', ['10.0.0.11', '192.168.1.2'])).toBe('10.0.0.11');
  expect(of('2001:db8::1', [])).toBe('[2001:db8::1]');
  expect(of('127.0.0.1', ['10.0.0.11'])).toBe('127.0.0.1');
  expect(of('localhost', [])).toBe('127.0.0.1');
  expect(of('0.0.0.0', ['10.0.0.11'])).toBe('10.0.0.11');
  expect(of('0.0.0.0', ['10.0.0.11', '192.168.1.2'])).toBeUndefined();
  expect(of('::', [])).toBeUndefined();
});
