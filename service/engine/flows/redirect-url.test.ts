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

  test.each([
    // user information, also empty or hidden behind an allowed name
    'https://app.example.com@evil.com/',
    'https://app.example.com:443@evil.com/',
    'https://@app.example.com/',
    'https://:@app.example.com/',
    'https://app.example.com%40evil.com/',
    'https://evil.com#@app.example.com/',
    'https://evil.com?@app.example.com/',
    'https://evil.com/@app.example.com/',
    // backslashes and slashes
    'https:\\\\app.example.com\\done',
    'https:/\\app.example.com/',
    'https:///app.example.com/',
    'https:app.example.com',
    'https:/app.example.com',
    '\\\\evil.com',
    '///evil.com',
    '/\\evil.com',
    '/%2f%2fevil.com',
    'https://evil.com\\.app.example.com/',
    // white space and control characters
    ' https://app.example.com/',
    'https://app.example.com/\n',
    'https://app.exa\tmple.com/',
    'https://app.example.com\r\nlocation: https://evil.com',
    'https://app.example.com\u0000.evil.com/',
    'https://app.example.com/\u00a0',
    'https://app.example.com/\u200b',
    'https://app.example.com/\u202e',
    'https://app.example.com/\ufeff',
    // dots and letters of Unicode, escapes in the host
    'https://app。example。com/',
    'https://app．example.com/',
    'https://app.example.com。evil.com/',
    'https://ａpp.example.com/',
    'https://арр.example.com/',
    'https://app.example.com℀.evil.com/',
    'https://app.example.com／evil.com/',
    'https://%61pp.example.com/',
    'https://app.example.com%2eevil.com/',
    'https://app.example.com%00.evil.com/',
    'https://app.example.com./',
    'https://xn--pp-example.com/',
    // ports, other names of an address
    'https://app.example.com:8444/',
    'https://app.example.com:99999/',
    'https://app.example.com:/../evil',
    'http://10.0.0.5:80/done',
    'http://10.0.0.5.evil.com:8080/',
    'http://[::ffff:10.0.0.5]:8080/',
    // the wrong scheme
    'http://app.example.com:443/',
    'HTTP://app.example.com/',
    'JaVaScRiPt:alert(1)',
    'javascript://app.example.com/%0aalert(1)',
    'javascript&colon;alert(1)',
    'vbscript:msgbox',
    'data:text/html;base64,PHNjcmlwdD4=',
    'DATA:text/html,x',
    'blob:https://app.example.com/1',
    'filesystem:https://app.example.com/temporary/x',
    'intent://evil.com#Intent;scheme=https;end',
    'view-source:https://app.example.com/',
    'myappx://done',
    'myapp',
    'myapp.evil://done',
    'ftp://app.example.com/',
    'ws://app.example.com/',
  ])('is not deceived by %j', (url) => expect(redirectRefusal(url, allowed)).toEqual(expect.any(String)));

  test('in mixed case and with its default port', () => {
    expect(redirectRefusal('HTTPS://App.Example.COM/Done', allowed)).toBeUndefined();
    expect(redirectRefusal('MyApp://verify-complete?result=pass', allowed)).toBeUndefined();
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
