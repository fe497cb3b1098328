import { expect, test } from 'vitest';
import { judgeLink } from './external-links.ts';

test('a host of the product is opened, another one only when the person agrees', () => {
  expect(judgeLink('https://github.com/minivision-ai/x')).toEqual({
    is: 'open',
    url: 'https://github.com/minivision-ai/x',
  });
  expect(judgeLink('https://github.com.evil.example/a?b')).toEqual({
    is: 'ask',
    url: 'https://github.com.evil.example/a?b',
    host: 'github.com.evil.example',
  });
  // What looks like a name that it is not is shown as what it is.
  expect(judgeLink('https://gіthub.com/')).toMatchObject({ is: 'ask', host: 'xn--gthub-n2e.com' });
});

test.each([
  'http://github.com/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'smb://evil.example/share',
  'ms-msdt:/id',
  'https://ada:secret@github.com/',
  'https://github.com@evil.example/',
  'https://github.com:8443/',
  'https://192.168.1.1/',
  'https://2130706433/',
  'https://[::1]/',
  'https://router/',
  'https://localhost/',
  'https://github.com./',
  'no address',
])('%s is refused', (link) => {
  expect(judgeLink(link)).toEqual({ is: 'refused', why: expect.any(String) });
});
