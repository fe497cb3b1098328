import { join } from 'node:path';
import type { MenuEntry, ShellElectron, ShellSession } from '../electron.ts';
import type { ServiceState } from '../service/service-state.ts';
import type { TargetService } from '../service/target.ts';
import { createBoxWindow } from './box-window.ts';
import { guardContents, guardSession, partitionOf, type WindowKind } from './guards.ts';
import { createStartPage } from './start-page.ts';
import { catalogOf, pageFailedWords, type StartAction, wordsOf } from './start-words.ts';
import { createWindowState } from './window-state.ts';

export interface ShellWindowsDeps<Image, Menu> {
  electron: ShellElectron<Image, Menu>;
  /** The folder for what the shell keeps. */
  own: string;
  locale: string;
  service: TargetService;
  now(): number;
  after(milliseconds: number, work: () => void): () => void;
  say(line: string): void;
  /** A person pressed a button of the start page. */
  act(action: StartAction): void;
}

/** The windows of the shell, all guarded alike. */
export interface ShellWindows {
  open(kind: WindowKind, path?: string): void;
  follow(state: ServiceState): void;
  isKioskOpen(): boolean;
  /** From now on the kiosk may be closed. */
  unlock(): void;
}

/** A service that is away for less leaves the open page, and what was typed into it, alone. Milliseconds. */
const SHORT_ABSENCE = 8_000;

export function createShellWindows<Image, Menu>(deps: ShellWindowsDeps<Image, Menu>): ShellWindows {
  const { electron, locale, service, after, say } = deps;
  const devTools = !electron.app.isPackaged;
  let origin: string | undefined;
  let absence: (() => void) | undefined;
  let mayLeave = false;
  /** Of a window's pages: the service's, and for the console in development that of the development server. */
  const originOf = (window: WindowKind) =>
    window === 'console' && origin !== undefined ? (service.pages ?? origin) : origin;

  const startPage = createStartPage({
    locale,
    after,
    first: wordsOf({ is: 'looking' }, service, locale),
    act(action) {
      deps.act(action);
      if (action === 'retry') for (const one of Object.values(windows)) one.reload();
    },
  });
  const common = {
    electron,
    devTools,
    state: createWindowState(join(deps.own, 'console-window.json'), () =>
      electron.screen.getAllDisplays().map(({ workArea }) => workArea),
    ),
    pageFailed: (name: string) => startPage.show(pageFailedWords(name, locale)),
  };
  const windows = {
    console: createBoxWindow({ ...common, kind: 'console', home: service.home, mayClose: () => true }),
    kiosk: createBoxWindow({ ...common, kind: 'kiosk', home: () => '/kiosk/', mayClose: () => mayLeave }),
  };
  const sessions = openSessions(deps, {
    originOf,
    answer: (request) => startPage.answer(request),
  });
  electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menu));
  electron.app.on('web-contents-created', (_, contents) => {
    const window = contents.session === sessions.kiosk ? 'kiosk' : 'console';
    guardContents(contents, {
      window,
      devTools,
      origin: () => originOf(window),
      leave: (token) => void isKioskLeft(sessions.kiosk, originOf('kiosk'), token).then(leave),
      openExternal: (url) => openOutside(electron, url, say),
      ask: (host, url) => void askFirst(deps, host, url),
      refused: (why) => say(`A link was not opened: ${why}.`),
    });
  });

  function leave(isLeft: boolean): void {
    if (!isLeft) {
      say('The kiosk stays: its service does not confirm that an operator left it.');
      return;
    }
    windows.kiosk.destroy();
    windows.console.open();
  }

  const apply = (now: string | undefined) => {
    absence?.();
    absence = undefined;
    origin = now ?? origin;
    for (const kind of ['console', 'kiosk'] as const) windows[kind].follow(now && originOf(kind));
  };
  return {
    open(kind, path) {
      // While a kiosk is open, no other window opens.
      if (windows.kiosk.isOpen()) windows.kiosk.open();
      else windows[kind].open(path);
    },
    follow(state) {
      startPage.show(wordsOf(state, service, locale));
      if (state.is === 'ready') apply(state.url);
      else if (state.is === 'failed' || state.is === 'stopping') apply(undefined);
      else absence ??= after(SHORT_ABSENCE, () => apply(undefined));
    },
    isKioskOpen: () => windows.kiosk.isOpen() && !mayLeave,
    unlock() {
      mayLeave = true;
    },
  };
}

/** One for each kind of window; what was set on them stays set. */
function openSessions<Image, Menu>(
  { electron, service, now }: ShellWindowsDeps<Image, Menu>,
  {
    originOf,
    answer,
  }: {
    originOf: (window: WindowKind) => string | undefined;
    answer: (request: Request) => Promise<Response>;
  },
) {
  const open = (window: WindowKind) => {
    const session = electron.session.fromPartition(partitionOf(window));
    const { authority, pinned } = service;
    const origin = () => originOf(window);
    guardSession(session, { window, origin, authority, pinned, now, startPage: answer });
    return session;
  };
  return { console: open('console'), kiosk: open('kiosk') };
}

/**
 * Asks the service at `origin` about a token of its kiosk page. Only its answer counts: a page may navigate to any of its own addresses.
 * One that does not answer has confirmed nothing.
 */
async function isKioskLeft(
  session: ShellSession,
  origin: string | undefined,
  token: string,
): Promise<boolean> {
  if (origin === undefined) return false;
  const answer = await session
    .fetch(`${origin}/api/kiosk/left`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      credentials: 'omit',
      redirect: 'error',
    })
    .catch(() => undefined);
  return answer?.status === 204;
}

function openOutside(
  { shell }: Pick<ShellElectron, 'shell'>,
  url: string,
  say: (line: string) => void,
): void {
  shell.openExternal(url).catch((error: Error) => say(`The browser did not open: ${error.message}`));
}

async function askFirst<Image, Menu>(
  { electron, locale, say }: ShellWindowsDeps<Image, Menu>,
  host: string,
  url: string,
): Promise<void> {
  const words = catalogOf(locale);
  const { response } = await electron.dialog.showMessageBox({
    type: 'question',
    message: words.askTitle(host),
    detail: words.askDetail(url.length > 300 ? `${url.slice(0, 300)}…` : url),
    buttons: [words.cancel, words.open],
    defaultId: 0,
    cancelId: 0,
  });
  if (response === 1) openOutside(electron, url, say);
}

/** Copying, pasting and zooming have their keys by it; reloading and the developer tools have none. */
const menu: MenuEntry[] = [
  ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
  { role: 'editMenu' },
  {
    label: 'View',
    submenu: [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { role: 'togglefullscreen' }],
  },
  { role: 'windowMenu' },
];
