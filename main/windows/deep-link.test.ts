import { expect, test } from 'vitest';
import { isDeepLink, readDeepLink } from './deep-link.ts';

test.each([
  ['gatehouse://console', '/console/'],
  ['gatehouse://console/', '/console/'],
  ['GATEHOUSE://Console/people/sub_1?env=test', '/console/people/sub_1?env=test'],
  [
    'gatehouse://console/verifications?from=2026-11-01&decision=refused#x',
    '/console/verifications?from=2026-11-01&decision=refused',
  ],
  ['gatehouse://console/a/../people', '/console/people'],
])('%s opens %s', (link, path) => {
  expect([isDeepLink(link), readDeepLink(link)]).toEqual([true, { window: 'console', path }]);
});

test('of the kiosk nothing but its page is opened', () => {
  expect(readDeepLink('gatehouse://kiosk/left?x=1')).toEqual({ window: 'kiosk', path: '/kiosk/' });
});

test.each([
  'gatehouse://evil.example/console/',
  'gatehouse://console@evil.example/',
  'gatehouse://console:8080/people',
  'gatehouse://console/../../api/admin/keys',
  'gatehouse://console/%2e%2e/%2e%2e/api',
  'gatehouse://console//evil.example',
  'gatehouse://console/\\evil.example',
  'gatehouse:console/people',
  'https://console/people',
  'javascript:alert(1)',
  `gatehouse://console/${'a'.repeat(2_000)}`,
  '',
])('%s names no screen, or none outside of the console', (link) => {
  const found = readDeepLink(link);
  if (found)
    expect(found).toEqual({ window: 'console', path: expect.stringMatching(/^\/console\/[a-z/]*$/) });
  else expect(found).toBe(undefined);
});
