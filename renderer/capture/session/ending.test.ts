import { expect, test } from 'vitest';
import { postToOpener, safeRedirect, type WayBack, wayBackOf } from './ending.ts';

test.each([
  ['https://bank.example/back?state=1', 'https://bank.example/back?state=1'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
  ['myapp://verify-complete?result=pass', 'myapp://verify-complete?result=pass'],
  ['javascript:alert(1)', undefined],
  [' JaVaScRiPt:alert(1)', undefined],
  ['java\nscript:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['blob:https://bank.example/1', undefined],
  ['file:///etc/passwd', undefined],
  ['https://bank.example@evil.example/', undefined],
  ['/relative', undefined],
  ['', undefined],
  [undefined, undefined],
])('%j leads to %j', (address, href) => {
  expect(safeRedirect(address)).toBe(href);
});

function windows(kind: 'frame' | 'popup' | 'alone') {
  const sent: [string, unknown, unknown][] = [];
  const named = (name: string) => ({
    postMessage: (message: unknown, origin: unknown) => void sent.push([name, message, origin]),
  });
  const self = named('self');
  const parent = kind === 'frame' ? named('parent') : self;
  return { sent, frames: { self, parent, opener: kind === 'alone' ? null : named('opener') } };
}

test('the result goes to the frame around, else to the opener, each time for one named origin', () => {
  const message = { type: 'result', sessionId: 'sess_1', decision: 'approved', passed: true } as const;
  const framed = windows('frame');
  postToOpener(framed.frames, ['https://a.example', 'http://127.0.0.1:80'], message);
  expect(framed.sent).toEqual([['parent', { source: 'gatehouse', ...message }, 'https://a.example']]);
  const popup = windows('popup');
  postToOpener(popup.frames, ['https://a.example', 'https://b.example'], message);
  expect(popup.sent.map(([name, , origin]) => [name, origin])).toEqual([
    ['opener', 'https://a.example'],
    ['opener', 'https://b.example'],
  ]);
});

test('no origin, no message; never to any origin', () => {
  const { sent, frames } = windows('popup');
  for (const origins of [[], ['*'], ['/'], ['null'], ['https://a.example/path'], ['a.example']])
    postToOpener(frames, origins, { type: 'result' });
  const alone = windows('alone');
  postToOpener(alone.frames, ['https://a.example'], { type: 'result' });
  expect([...sent, ...alone.sent]).toEqual([]);
});

interface LastPage {
  kind: Parameters<typeof windows>[0];
  origins?: string[];
  second?: boolean;
}
const bank = 'https://bank.example/';
const ends: [string, LastPage, WayBack][] = [
  ['of its own', { kind: 'alone' }, { href: bank, bySelf: true }],
  ['that another page opened', { kind: 'popup' }, { href: bank, bySelf: false }],
  ['opened by a page that gets no result', { kind: 'popup', origins: [] }, { href: bank, bySelf: true }],
  ['inside the page that gets the result', { kind: 'frame' }, { bySelf: false }],
  ['on the phone of a person at a computer', { kind: 'alone', second: true }, { bySelf: false }],
];
test.each(ends)(
  'at the end, a page %s',
  (_, { kind, origins = [new URL(bank).origin], second = false }, way) => {
    const { frames } = windows(kind);
    expect(wayBackOf(bank, { frames, origins, second })).toEqual(way);
    expect(wayBackOf('javascript:alert(1)', { frames, origins, second })).toEqual({ bySelf: false });
  },
);
