import type { ShellElectron, ShellWindow, WindowOptions } from '../electron.ts';
import { pagePreferences, type WindowKind } from './guards.ts';
import { isStartPage, START_URL } from './start-page.ts';
import type { createWindowState } from './window-state.ts';

export interface BoxWindowDeps {
  electron: Pick<ShellElectron, 'BrowserWindow'>;
  kind: WindowKind;
  devTools: boolean;
  /** The path that is opened when none is asked for. */
  home(): string;
  /** Last position of the console window; the kiosk fills its screen. */
  state: ReturnType<typeof createWindowState>;
  /** False: the window stays, for its kiosk may not be left. */
  mayClose(): boolean;
  /** A page of the service did not load; the start page says so. */
  pageFailed(name: string): void;
}

/** A window that shows pages of the service while there is one, else the start page. It is made when it is opened, and again after it was closed. */
export interface BoxWindow {
  /** Brings it to the front, at a path of the service. */
  open(path?: string): void;
  /** The service is at `origin`, or is not there. */
  follow(origin: string | undefined): void;
  /** Loads the page again that could not be shown. */
  reload(): void;
  isOpen(): boolean;
  destroy(): void;
}

/** Chromium's code for a navigation that was replaced by another one. */
const ABORTED = -3;

export function createBoxWindow(deps: BoxWindowDeps): BoxWindow {
  const { kind } = deps;
  let window: ShellWindow | undefined;
  let origin: string | undefined;
  /** Opened as soon as the service is there. */
  let path: string | undefined;
  let shown: 'start' | 'service' = 'start';

  const load = (url: string) => {
    // What went wrong comes as an event as well.
    window?.loadURL(url).catch(() => {});
  };
  function show(): void {
    if (origin === undefined) {
      shown = 'start';
      load(START_URL);
    } else {
      shown = 'service';
      load(origin + (path ?? deps.home()));
    }
  }
  function failed(name: string): void {
    deps.pageFailed(name);
    shown = 'start';
    load(START_URL);
  }

  function make(): ShellWindow {
    const made = new deps.electron.BrowserWindow(optionsOf(deps));
    if (kind === 'kiosk') made.removeMenu();
    else if (deps.state.read().isMaximized) made.maximize();
    made.on('close', (event) => {
      if (!deps.mayClose()) return event.preventDefault();
      if (kind === 'console') deps.state.write(made.getNormalBounds(), made.isMaximized());
    });
    made.on('closed', () => {
      [window, path] = [undefined, undefined];
    });
    made.webContents.on('did-fail-load', (_, code, name, url, isMainFrame) => {
      if (isMainFrame && code !== ABORTED && !isStartPage(url)) failed(name);
    });
    made.webContents.on('render-process-gone', (_, { reason }) => {
      if (reason !== 'clean-exit') failed(`page ${reason}`);
    });
    return made;
  }

  return {
    open(to) {
      if (to !== undefined) path = to;
      const isNew = window === undefined;
      window ??= make();
      if (isNew || to !== undefined) show();
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    follow(now) {
      if (now === origin && (now === undefined || shown === 'service')) return;
      // What was open is opened again when the service is back.
      if (now === undefined && window && shown === 'service') path = pathOf(window, origin) ?? path;
      origin = now;
      if (window) show();
    },
    reload() {
      if (window && shown === 'start') show();
    },
    isOpen: () => window !== undefined,
    destroy: () => window?.destroy(),
  };
}

function optionsOf({ kind, devTools, state }: BoxWindowDeps): WindowOptions {
  const common = {
    title: 'Gatehouse',
    show: false,
    backgroundColor: '#f5f5f2',
    autoHideMenuBar: true,
    webPreferences: pagePreferences(kind, { devTools: devTools && kind === 'console' }),
  };
  if (kind === 'kiosk') return { ...common, kiosk: true, fullscreen: true };
  const { isMaximized: _, ...place } = state.read();
  return { ...common, ...place, minWidth: 360, minHeight: 480 };
}

function pathOf(window: ShellWindow, origin: string | undefined): string | undefined {
  const url = window.webContents.getURL();
  if (!URL.canParse(url) || new URL(url).origin !== origin) return undefined;
  const { pathname, search } = new URL(url);
  return pathname + search;
}
