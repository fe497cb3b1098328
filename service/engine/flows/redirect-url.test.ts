import { describe, expect, test } from 'vitest';
import { readRedirectTarget, redirectRefusal } from './redirect-url.ts';

const allowed = ['app.example.com', 'app.example.com:8443', 'http://10.0.0.5:8080', 'myapp:'];

describe('a redirect', () => {
  test.each([
    'https://app.example.com/done?x=1#y',
    'https://APP.example.com:443/',
    'https://app.example.com:8443/done',
    'http://10.0.0.5:8080/done',
    'myapp://done/42',
  ])('may lead to %s', (url) => expect(redirectRefusal(url, allowed)).toBeUndefined());

  test.each([
    'https://evil.example.com/',
    'https://app.example.com.evil.com/',
    'https://app.example.com:9443/',
    'http://app.example.com/',
    'http://10.0.0.5/',
    'https://user@app.example.com/',
    'https://app.example.com\\@evil.com/',
    'javascript:alert(1)',
    'java\tscript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'otherapp://done',
    '//evil.example.com',
    'done',
    `https://app.example.com/${'a'.repeat(2048)}`,
  ])('never leads to %s', (url) => expect(redirectRefusal(url, allowed)).toEqual(expect.any(String)));

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
