import { describe, expect, test } from 'vitest';
import { openRedirects, redirectTargets } from '../../../../test/support/open-redirects.ts';
import { readRedirectTarget, redirectRefusal } from './flow.ts';

describe('a redirect', () => {
  test.each([
    'https://app.example.com/done?x=1#y',
    'https://APP.example.com:443/',
    'https://app.example.com:8443/done',
    'http://10.0.0.5:8080/done',
    'myapp://done/42',
  ])('may lead to %s', (url) => expect(redirectRefusal(url, redirectTargets)).toBeUndefined());

  test.each(openRedirects)('is not deceived by %j', (url) =>
    expect(redirectRefusal(url, redirectTargets)).toEqual(expect.any(String)),
  );

  test('in mixed case and with its default port', () => {
    expect(redirectRefusal('HTTPS://App.Example.COM/Done', redirectTargets)).toBeUndefined();
    expect(redirectRefusal('MyApp://verify-complete?result=pass', redirectTargets)).toBeUndefined();
  });

  test.each(['intent:', 'filesystem:', 'jar:', 'blob:', 'view-source:'])(
    'never by %s, whatever stands on the list',
    (scheme) => expect(redirectRefusal(`${scheme}//app.example.com/`, [scheme])).toEqual(expect.any(String)),
  );

  test('not even where the scheme stands on the list', () =>
    expect(redirectRefusal('javascript:alert(1)', ['javascript:'])).toEqual(expect.any(String)));
});

describe('a target', () => {
  test.each([
    [' App.Example.com ', 'app.example.com'],
    ['app.example.com:8443', 'app.example.com:8443'],
    ['http://10.0.0.5:8080', 'http://10.0.0.5:8080'],
    ['http://kiosk.lan', 'http://kiosk.lan'],
    ['myapp:', 'myapp:'],
  ])('is read from %s', (text, target) => expect(readRedirectTarget(text)).toBe(target));

  test.each([
    'https:',
    'http:',
    'javascript:',
    'data:',
    'http://app.example.com',
    'http://10.0.0.5:8080/path',
    'https://app.example.com/',
    '*.example.com',
    'a b',
    '',
  ])('is not %s', (text) => expect(() => readRedirectTarget(text)).toThrow(/no target/));
});
