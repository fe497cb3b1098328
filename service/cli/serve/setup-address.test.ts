import { expect, test } from 'vitest';
import { setupAddress } from './setup-address.ts';

test.each([
  ['http://127.0.0.1:7300', undefined, 'http://localhost:7300/console/setup#token=abc'],
  ['http://[::1]:7300', undefined, 'http://localhost:7300/console/setup#token=abc'],
  ['https://0.0.0.0:7300', 'box.home.arpa', 'https://box.home.arpa:7300/console/setup#token=abc'],
  // Plain HTTP stays on loopback, whatever the box is called.
  ['http://127.0.0.1:7300', 'box.home.arpa', 'http://localhost:7300/console/setup#token=abc'],
  ['https://192.168.1.9:7300', undefined, 'https://192.168.1.9:7300/console/setup#token=abc'],
])('%s with the name %s is set up at %s', (url, hostName, address) => {
  expect(setupAddress(url, hostName, 'abc')).toBe(address);
});
