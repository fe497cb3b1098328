import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { addressOf, fromElsewhere, setupAddress } from './setup-address.ts';

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

const settings = {
  host: '127.0.0.1',
  port: 7300,
  hostName: undefined,
  tlsCert: undefined,
  insecureHttp: false,
};
test.each([
  [settings, 'http://127.0.0.1:7300'],
  [{ ...settings, host: '::1' }, 'http://[::1]:7300'],
  [{ ...settings, host: '192.168.1.9', port: 443 }, 'https://192.168.1.9:443'],
  [{ ...settings, host: '0.0.0.0' }, `https://${hostname()}:7300`],
  [{ ...settings, host: '::', insecureHttp: true }, `http://${hostname()}:7300`],
  [{ ...settings, hostName: 'box.home.arpa' }, 'https://127.0.0.1:7300'],
])('a service with %j will be at %s', (given, url) => {
  expect(addressOf(given)).toBe(url);
});

test('a tunnel is named where the box listens on loopback without a name, as the account that called sudo', () => {
  expect(fromElsewhere('http://127.0.0.1:7400', { SUDO_USER: 'ada', USER: 'gatehouse' })).toContain(
    `  ssh -L 7400:127.0.0.1:7400 ada@${hostname()}`,
  );
  expect(fromElsewhere('http://127.0.0.1:7400', { USER: 'bea' }).join('\n')).toContain(`bea@${hostname()}`);
  expect(fromElsewhere('https://127.0.0.1:7300', {})).toEqual([]);
  expect(fromElsewhere('http://192.168.1.9:7300', {})).toEqual([]);
});
