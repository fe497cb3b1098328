import { beforeEach, expect, test } from 'vitest';
import { createTestElectron, type TestContents, type TestSession } from '../../test/support/electron.ts';
import { type ContentsRules, guardContents, guardSession, pagePreferences } from './guards.ts';

const box = 'https://gatehouse.home.arpa:7300';
let session: TestSession;
let origin: string | undefined;

function guard(window: 'console' | 'kiosk'): TestSession {
  session = createTestElectron('/nowhere').electron.session.fromPartition('test') as TestSession;
  guardSession(session, {
    window,
    origin: () => origin,
    authority: () => undefined,
    pinned: false,
    now: Date.now,
    startPage: async () => new Response('start'),
  });
  return session;
}
beforeEach(() => {
  origin = box;
});

test('a page is isolated, in the sandbox, without Node.js, and fetches no dictionary', () => {
  expect(pagePreferences('kiosk', { devTools: false })).toEqual({
    partition: 'persist:gatehouse-kiosk',
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: false,
  });
  expect(guard('console').spellChecker).toBe(false);
});

const camera = { isMainFrame: true, requestingUrl: `${box}/console/enroll`, mediaTypes: ['video'] };

test('the camera is granted to the box’s own pages only', () => {
  for (const window of ['console', 'kiosk'] as const) {
    guard(window);
    expect(session.asks('media', camera)).toBe(true);
    expect(session.checks('media', box, { isMainFrame: true, mediaType: 'video' })).toBe(true);
    for (const details of [
      { ...camera, mediaTypes: ['video', 'audio'] },
      { ...camera, mediaTypes: ['audio'] },
      { ...camera, mediaTypes: [] },
      { ...camera, isMainFrame: false },
      { ...camera, requestingUrl: 'https://gatehouse.home.arpa/console/' },
      { ...camera, requestingUrl: 'https://evil.example/' },
      { ...camera, securityOrigin: 'https://evil.example/' },
      { ...camera, requestingUrl: 'gatehouse-start://shell/' },
      { ...camera, requestingUrl: '' },
    ])
      expect([details, session.asks('media', details)]).toEqual([details, false]);
    expect(session.checks('media', 'https://evil.example', { isMainFrame: true, mediaType: 'video' })).toBe(
      false,
    );
    expect(session.checks('media', box, { isMainFrame: true, mediaType: 'audio' })).toBe(false);
    expect(session.device()).toBe(false);
  }
  origin = undefined;
  expect(session.asks('media', camera)).toBe(false);
});

test.each([
  ...['notifications', 'geolocation', 'midi', 'midiSysex', 'pointerLock', 'openExternal', 'clipboard-read'],
  ...['display-capture', 'fileSystem', 'hid', 'usb', 'serial', 'idle-detection', 'fullscreen', 'unknown'],
])('%s is refused', (permission) => {
  guard('console');
  expect(session.asks(permission, camera)).toBe(false);
  expect(session.checks(permission, box, { isMainFrame: true })).toBe(false);
});

test('the console may write text to the clipboard, for its Copy buttons; a kiosk may not', () => {
  const details = { isMainFrame: true, requestingUrl: `${box}/console/keys` };
  expect(guard('console').checks('clipboard-sanitized-write', box, details)).toBe(true);
  expect(session.asks('clipboard-sanitized-write', { ...details, isMainFrame: false })).toBe(false);
  expect(guard('kiosk').asks('clipboard-sanitized-write', details)).toBe(false);
});

test.each([
  [`${box}/api/admin/keys`, false],
  ['wss://gatehouse.home.arpa:7300/api/captures', false],
  [`blob:${box}/0f9a`, false],
  ['data:image/png;base64,AA', false],
  ['gatehouse-start://shell/start.js', false],
  ['https://evil.example/collect?name=ada', true],
  ['wss://evil.example/', true],
  ['https://gatehouse.home.arpa/', true],
  ['http://gatehouse.home.arpa:7300/', true],
  ['https://gatehouse.home.arpa:7300.evil.example/', true],
  ['blob:https://evil.example/0f9a', true],
  ['gatehouse-start://evil/', true],
  ['file:///etc/passwd', true],
  ['chrome://gpu', true],
  ['no address', true],
])('a request for %s is cancelled: %s', (url, cancelled) => {
  guard('console');
  expect(session.isCancelled(url)).toBe(cancelled);
});

test('before the service is known nothing but the start page is loaded', () => {
  origin = undefined;
  guard('console');
  expect([session.isCancelled(`${box}/`), session.isCancelled('gatehouse-start://shell/')]).toEqual([
    true,
    false,
  ]);
});

test('files come from the box alone, and none comes to a kiosk', () => {
  expect(guard('console').isDownloadPrevented(`blob:${box}/1`)).toBe(false);
  expect(session.isDownloadPrevented('https://evil.example/setup.exe')).toBe(true);
  expect(guard('kiosk').isDownloadPrevented(`${box}/kiosk/x`)).toBe(true);
});

test('a certificate that neither the box’s authority nor the system stands for is refused', () => {
  guard('console');
  const shown = { hostname: 'gatehouse.home.arpa', certificate: { data: 'PEM' } };
  expect(session.verdict({ ...shown, errorCode: 0 })).toBe(0);
  expect(session.verdict({ ...shown, errorCode: -202 })).toBe(-2);
  expect(session.verdict({ ...shown, hostname: 'evil.example', errorCode: 0 })).toBe(-2);
});

let contents: TestContents;
let did: string[];
function guardPage(window: 'console' | 'kiosk'): void {
  const desktop = createTestElectron('/nowhere');
  const preferences = pagePreferences(window, { devTools: false });
  new desktop.electron.BrowserWindow({
    title: '',
    show: false,
    backgroundColor: '',
    autoHideMenuBar: true,
    webPreferences: preferences,
  });
  contents = desktop.windows[0]!.webContents;
  did = [];
  const rules: ContentsRules = {
    window,
    devTools: false,
    origin: () => origin,
    leave: (token) => void did.push(`leave ${token}`),
    openExternal: (url) => void did.push(`open ${url}`),
    ask: (host) => void did.push(`ask ${host}`),
    refused: (why) => void did.push(`refused: ${why}`),
  };
  guardContents(contents, rules);
}
const goes = (url: string) => !contents.fireAs('will-navigate', { url });

test('the console goes where the box is; links that leave it go to the browser after a check', () => {
  guardPage('console');
  expect([goes(`${box}/console/people`), goes(`${box}/docs/`), did]).toEqual([true, true, []]);
  for (const url of [
    'https://github.com/x',
    'https://evil.example/x',
    'smb://evil.example/x',
    'javascript:alert(1)',
  ])
    expect([url, goes(url)]).toEqual([url, false]);
  expect(did).toEqual([
    'open https://github.com/x',
    'ask evil.example',
    expect.stringContaining('smb:'),
    expect.stringContaining('javascript:'),
  ]);
});

test('a redirect and a frame that leave the box are stopped, and open nothing', () => {
  guardPage('console');
  expect(contents.fireAs('will-redirect', { url: 'https://github.com/' })).toBe(true);
  expect(contents.fireAs('will-frame-navigate', { url: 'https://github.com/', isMainFrame: false })).toBe(
    true,
  );
  expect(contents.fireAs('will-redirect', { url: `${box}/console/` })).toBe(false);
  expect(contents.fireAs('will-frame-navigate', { url: `${box}/docs/`, isMainFrame: false })).toBe(false);
  expect(contents.fireAs('will-attach-webview', {})).toBe(true);
  expect(did).toEqual([]);
});

test('a new window is one of the box, with the same rules, or none', () => {
  guardPage('console');
  expect(contents.opens(`${box}/docs/`)).toEqual({
    action: 'allow',
    overrideBrowserWindowOptions: {
      autoHideMenuBar: true,
      webPreferences: pagePreferences('console', { devTools: false }),
    },
  });
  for (const url of ['https://evil.example/', 'about:blank', 'file:///etc/passwd'])
    expect(contents.opens(url)).toEqual({ action: 'deny' });
  expect(did[0]).toBe('ask evil.example');
});

test('a kiosk stays on its pages, opens no window and no link, and one address passes on a token', () => {
  guardPage('kiosk');
  expect([
    goes(`${box}/kiosk/`),
    goes(`${box}/console/`),
    goes(`${box}/kiosks`),
    goes('https://github.com/'),
  ]).toEqual([true, false, false, false]);
  expect(contents.opens(`${box}/kiosk/`)).toEqual({ action: 'deny' });
  expect(did.every((one) => one === 'refused: the kiosk opens no links')).toBe(true);
  expect(goes('https://evil.example/kiosk/left#token=kiosk_left_x')).toBe(false);
  expect(did.join()).not.toContain('leave');
  expect(goes(`${box}/kiosk/left`)).toBe(false);
  expect(did.at(-1)).toBe('leave ');
  expect(goes(`${box}/kiosk/left#token=kiosk_left_x`)).toBe(false);
  expect(did.at(-1)).toBe('leave kiosk_left_x');
});
