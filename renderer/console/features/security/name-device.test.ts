import { expect, test } from 'vitest';
import { nameDevice } from './name-device.ts';

const webKit = 'AppleWebKit/537.36 (KHTML, like Gecko)';

test.each([
  ['Chrome, Linux', `Mozilla/5.0 (X11; Linux x86_64) ${webKit} Chrome/156.0.0.0 Safari/537.36`],
  [
    'Edge, Windows',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webKit} Chrome/156.0 Safari/537.36 Edg/156.0`,
  ],
  ['Firefox, macOS', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:140.0) Gecko/20100101 Firefox/140.0'],
  [
    'Safari, iPhone',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1',
  ],
  ['Gatehouse, Linux', `Mozilla/5.0 (X11; Linux x86_64) ${webKit} Chrome/148.0 Electron/42.0 Safari/537.36`],
  ['curl/8.5.0', 'curl/8.5.0'],
  ['Mozilla/5.0', 'Mozilla/5.0'],
  [undefined, undefined],
])('%s', (name, text) => {
  expect(nameDevice(text)).toBe(name);
});
