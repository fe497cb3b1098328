import type { PermissionDetails, ShellContents, ShellSession, WebPreferences } from '../electron.ts';
import { isTrusted } from './certificate-trust.ts';
import { judgeLink } from './external-links.ts';
import { isGranted } from './permissions.ts';
import { isStartPage, START_SCHEME } from './start-page.ts';

export type WindowKind = 'console' | 'kiosk';

/** The kiosk has no cookie of an administrator: it keeps its own key, and what belongs to it, apart. */
export const partitionOf = (window: WindowKind): string => `persist:gatehouse-${window}`;

/** Web preferences of every page: without access to the program. */
export const pagePreferences = (window: WindowKind, { devTools }: { devTools: boolean }): WebPreferences => ({
  partition: partitionOf(window),
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
  // Chromium would fetch its dictionaries from the internet.
  spellcheck: false,
  devTools,
});

export interface SessionRules {
  window: WindowKind;
  /** Origin of the service; undefined before it is known. */
  origin(): string | undefined;
  /** PEM of the box's own authority. */
  authority(): string | undefined;
  /** Nothing but that authority counts. */
  pinned: boolean;
  now(): number;
  startPage(request: Request): Promise<Response>;
}

/** Chromium's results: accepted, refused. */
const [ACCEPTED, REFUSED] = [0, -2];

/** Sets what pages of a session may do and reach: the camera, and the service. */
export function guardSession(session: ShellSession, rules: SessionRules): void {
  const { window, origin } = rules;
  session.protocol.handle(START_SCHEME, rules.startPage);
  session.setSpellCheckerEnabled(false);
  session.setPermissionRequestHandler((_, permission, answer, details) => {
    const media = details.mediaTypes ?? [];
    answer(isGranted({ ...asked(details), permission, media }, { origin: origin(), window }));
  });
  session.setPermissionCheckHandler((_, permission, from, details) => {
    const media = details.mediaType === undefined ? [] : [details.mediaType];
    return isGranted({ ...asked(details, from), permission, media }, { origin: origin(), window });
  });
  session.setDevicePermissionHandler(() => false);
  session.setCertificateVerifyProc(({ hostname, certificate, errorCode }, answer) => {
    const shown = { hostname, certificate: certificate.data, trustedBySystem: errorCode === 0 };
    const [at, authority] = [origin(), rules.authority()];
    const host = at === undefined ? undefined : new URL(at).hostname;
    const trusted = isTrusted(shown, { host, authority, pinned: rules.pinned }, rules.now());
    answer(trusted ? ACCEPTED : REFUSED);
  });
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !staysOnBox(url, origin()) }));
  session.on('will-download', (event, item) => {
    if (window === 'kiosk' || !staysOnBox(item.getURL(), origin())) event.preventDefault();
  });
}

function asked({ isMainFrame, securityOrigin, requestingUrl }: PermissionDetails, origin?: string) {
  return { isMainFrame, from: securityOrigin || requestingUrl || origin };
}

/** `blob:` and `data:` are made by the page itself and need no network. */
function staysOnBox(url: string, origin: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const at = new URL(url);
  if (at.protocol === 'data:' || isStartPage(url)) return true;
  // The origin of a `blob:` address is that of the page that made it.
  if (at.protocol === 'blob:') return origin !== undefined && at.origin === origin;
  const asPage = at.protocol.replace(/^ws/, 'http');
  return origin !== undefined && `${asPage}//${at.host}` === origin;
}

export interface ContentsRules {
  window: WindowKind;
  origin(): string | undefined;
  devTools: boolean;
  /** The kiosk page asks to be left, with a token that its service has to confirm: an address is no proof. */
  leave(token: string): void;
  openExternal(url: string): void;
  ask(host: string, url: string): void;
  refused(why: string): void;
}

/** Path to which the kiosk page navigates when it asks to be left; the token is behind `#token=`. */
const KIOSK_LEFT = '/kiosk/left';

/** Keeps pages on the box: links that leave go to the system's browser, others nowhere. */
export function guardContents(contents: ShellContents, rules: ContentsRules): void {
  const { window, origin } = rules;
  const mayShow = (url: string) => {
    const at = URL.canParse(url) ? new URL(url) : undefined;
    if (!at || at.origin !== origin() || !/^https?:$/.test(at.protocol)) return false;
    return window === 'console' || at.pathname === '/kiosk' || at.pathname.startsWith('/kiosk/');
  };
  const away = (url: string) => {
    if (window === 'kiosk') return rules.refused('the kiosk opens no links');
    const verdict = judgeLink(url);
    if (verdict.is === 'open') rules.openExternal(verdict.url);
    else if (verdict.is === 'ask') rules.ask(verdict.host, verdict.url);
    else rules.refused(verdict.why);
  };
  contents.on('will-navigate', (details) => {
    if (window === 'kiosk' && mayShow(details.url) && new URL(details.url).pathname === KIOSK_LEFT) {
      details.preventDefault();
      rules.leave(new URLSearchParams(new URL(details.url).hash.slice(1)).get('token') ?? '');
    } else if (!mayShow(details.url)) {
      details.preventDefault();
      away(details.url);
    }
  });
  // A server sends these, and no person clicks them: nothing is opened for them.
  contents.on('will-redirect', (details) => {
    if (!mayShow(details.url)) details.preventDefault();
  });
  contents.on('will-frame-navigate', (details) => {
    if (!details.isMainFrame && !mayShow(details.url)) details.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (window === 'console' && mayShow(url)) {
      const webPreferences = pagePreferences(window, { devTools: rules.devTools });
      return { action: 'allow', overrideBrowserWindowOptions: { autoHideMenuBar: true, webPreferences } };
    }
    away(url);
    return { action: 'deny' };
  });
}
