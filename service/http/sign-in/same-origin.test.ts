import { expect, test } from 'vitest';
import { isSameOrigin } from './administrator-sessions.ts';

test.each([
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'same-site', origin: 'http://box:7300' }, false],
  [{ 'sec-fetch-site': 'cross-site', origin: 'http://box:7300' }, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ origin: 'http://box:7300' }, true],
  [{ origin: 'https://box:7300' }, true],
  [{ origin: 'http://box:7301' }, false],
  [{ origin: 'http://evil.example' }, false],
  [{ origin: 'null' }, false],
  [{}, false],
])('a request with %j is of this page: %j', (headers, same) => {
  expect(isSameOrigin({ headers, host: 'box:7300' })).toBe(same);
});
