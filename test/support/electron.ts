import { join } from 'node:path';
import type {
  PermissionDetails,
  Preventable,
  ShellContents,
  ShellElectron,
  ShellSession,
  ShellWindow,
  ShownChain,
  WindowOptions,
} from '../../main/electron.ts';
import type { Bounds } from '../../main/windows/window-state.ts';

interface Entry {
  label?: string;
  click?: () => void;
}

// biome-ignore lint/suspicious/noExplicitAny: each event of Electron has arguments of its own
type Listener = (...words: any[]) => void;

/** Events by name, as Electron's own emitters. */
function createEvents() {
  const listeners: { event: string; listener: Listener }[] = [];
  return {
    on: (event: string, listener: Listener) => void listeners.push({ event, listener }),
    fire(event: string, ...words: unknown[]): void {
      for (const one of [...listeners]) if (one.event === event) one.listener(...words);
    },
    /** With an event that can be prevented; true where it was. */
    fireAs(event: string, fields: object, ...words: unknown[]): boolean {
      let isPrevented = false;
      const preventDefault = () => {
        isPrevented = true;
      };
      this.fire(event, Object.assign({ preventDefault } satisfies Preventable, fields), ...words);
      return isPrevented;
    },
  };
}

/** What was set on a session, to be asked as Chromium does. */
export interface TestSession extends ShellSession {
  partition: string;
  spellChecker: boolean;
  asks(permission: string, details: PermissionDetails): boolean;
  checks(permission: string, from: string, details: PermissionDetails): boolean;
  device(): boolean;
  verdict(shown: ShownChain): number;
  isCancelled(url: string): boolean;
  isDownloadPrevented(url: string): boolean;
  startPage(path: string, init?: RequestInit): Promise<Response>;
  /** URL and body of each request of the program. */
  sent: string[];
  /** What answers them; Node's `fetch` when absent. */
  answers?: () => Promise<{ status: number }>;
}

function createTestSession(partition: string): TestSession {
  const { on, fireAs, fire } = createEvents();
  const handlers: {
    [Name in
      | 'setPermissionRequestHandler'
      | 'setPermissionCheckHandler'
      | 'setDevicePermissionHandler'
      | 'setCertificateVerifyProc']?: Parameters<ShellSession[Name]>[0];
  } = {};
  let before: Parameters<ShellSession['webRequest']['onBeforeRequest']>[0] | undefined;
  let page: ((request: Request) => Promise<Response>) | undefined;
  return {
    partition,
    spellChecker: true,
    on,
    setPermissionRequestHandler: (handler) => {
      handlers.setPermissionRequestHandler = handler;
    },
    setPermissionCheckHandler: (handler) => {
      handlers.setPermissionCheckHandler = handler;
    },
    setDevicePermissionHandler: (handler) => {
      handlers.setDevicePermissionHandler = handler;
    },
    setCertificateVerifyProc: (handler) => {
      handlers.setCertificateVerifyProc = handler;
    },
    setSpellCheckerEnabled(enabled) {
      this.spellChecker = enabled;
    },
    sent: [],
    fetch(url, init) {
      this.sent.push(`${url} ${init.body}`);
      return this.answers?.() ?? fetch(url, init);
    },
    protocol: {
      handle(_, handler) {
        page = handler;
      },
    },
    webRequest: {
      onBeforeRequest: (handler) => {
        before = handler;
      },
    },
    asks(permission, details) {
      let granted: boolean | undefined;
      handlers.setPermissionRequestHandler!(
        null,
        permission,
        (answer) => {
          granted = answer;
        },
        details,
      );
      return granted!;
    },
    checks: (permission, from, details) =>
      handlers.setPermissionCheckHandler!(null, permission, from, details),
    device: () => handlers.setDevicePermissionHandler!(),
    verdict(shown) {
      let verdict: number | undefined;
      handlers.setCertificateVerifyProc!(shown, (answer) => {
        verdict = answer;
      });
      return verdict!;
    },
    isCancelled(url) {
      let cancelled: boolean | undefined;
      before!({ url }, ({ cancel }) => {
        cancelled = cancel;
      });
      return cancelled!;
    },
    isDownloadPrevented: (url) => fireAs.call({ fire }, 'will-download', {}, { getURL: () => url }),
    startPage: (path, init) => page!(new Request(`gatehouse-start://shell${path}`, init)),
  };
}

export interface TestContents extends ShellContents {
  fire(event: string, ...words: unknown[]): void;
  fireAs(event: string, fields: object, ...words: unknown[]): boolean;
  /** As `window.open` of the page; what came of it. */
  opens(url: string): { action: string };
}

export interface TestWindow extends ShellWindow {
  options: WindowOptions;
  /** Every address that was loaded. */
  loaded: string[];
  isShown: boolean;
  hasMenu: boolean;
  isDestroyed: boolean;
  bounds: Bounds;
  webContents: TestContents;
  /** As a person does; true where it stayed open. */
  close(): boolean;
}

/** What the shell uses of Electron, and what it did with it, in order. */
export interface TestElectron {
  electron: ShellElectron<string, Entry[]>;
  calls: string[];
  shown: { title: string; body: string; click(): void }[];
  tooltip: string;
  menu: Entry[];
  supported: boolean;
  /** Another one has the lock. */
  locked: boolean;
  trayFails: boolean;
  locale: string;
  isPackaged: boolean;
  screens: Bounds[];
  windows: TestWindow[];
  sessions: Map<string, TestSession>;
  /** Addresses given to the system's browser. */
  opened: string[];
  /** Questions that were asked, and the button that is pressed. */
  questions: { message: string; detail: string }[];
  pressed: number;
  /** Ready once what it gives is called. */
  hold(): () => void;
  fire(event: string, ...words: unknown[]): void;
  /** With an event that can be prevented; true where it was. */
  fireAs(event: string, ...words: unknown[]): boolean;
}

export function createTestElectron(folder: string): TestElectron {
  let ready = Promise.resolve();
  const events = createEvents();
  const call = (words: string) => void test.calls.push(words);
  const sessionOf = (partition: string) => {
    const found = test.sessions.get(partition) ?? createTestSession(partition);
    test.sessions.set(partition, found);
    return found;
  };
  const test: TestElectron = {
    calls: [],
    shown: [],
    tooltip: '',
    menu: [],
    supported: true,
    locked: false,
    trayFails: false,
    locale: 'en-GB',
    isPackaged: true,
    screens: [{ x: 0, y: 0, width: 1920, height: 1040 }],
    windows: [],
    sessions: new Map(),
    opened: [],
    questions: [],
    pressed: 0,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      ready = promise;
      return resolve;
    },
    fire: events.fire,
    fireAs: (event, ...words) => events.fireAs(event, {}, ...words),
    electron: {
      ...appOf(() => test, { folder, call, events, isReady: () => ready }),
      ...desktopOf(() => test, call),
      BrowserWindow: function BrowserWindow(options: WindowOptions) {
        const made = createTestWindow(options, sessionOf(options.webPreferences.partition));
        test.windows.push(made);
        events.fire('web-contents-created', {}, made.webContents);
        return made;
      } as unknown as ShellElectron['BrowserWindow'],
      session: { fromPartition: sessionOf },
    },
  };
  return test;
}

function appOf(
  test: () => TestElectron,
  {
    folder,
    call,
    events,
    isReady,
  }: {
    folder: string;
    call(words: string): void;
    events: ReturnType<typeof createEvents>;
    isReady: () => Promise<void>;
  },
): Pick<ShellElectron, 'app'> {
  return {
    app: {
      setName: (name) => call(`name ${name}`),
      setAppUserModelId: (id) => call(`model ${id}`),
      getPath: () => join(folder, 'appData'),
      setPath: (name, path) => call(`${name} ${path}`),
      getLocale: () => test().locale,
      get isPackaged() {
        return test().isPackaged;
      },
      enableSandbox: () => call('sandbox'),
      setAsDefaultProtocolClient(scheme) {
        call(`scheme ${scheme}`);
        return true;
      },
      requestSingleInstanceLock() {
        call('lock');
        return !test().locked;
      },
      whenReady: isReady,
      on: events.on,
      quit() {
        call('quit');
        if (!events.fireAs('before-quit', {})) {
          for (const one of test().windows) if (!one.isDestroyed && one.close()) return;
          events.fire('will-quit');
          call('gone');
        }
      },
    },
  };
}

function desktopOf(
  test: () => TestElectron,
  call: (words: string) => void,
): Omit<ShellElectron<string, Entry[]>, 'app' | 'BrowserWindow' | 'session'> {
  return {
    protocol: {
      registerSchemesAsPrivileged: (schemes) => call(`privileged ${schemes.map((one) => one.scheme).join()}`),
    },
    screen: { getAllDisplays: () => test().screens.map((workArea) => ({ workArea })) },
    shell: {
      async openExternal(url) {
        test().opened.push(url);
      },
      showItemInFolder: (path) => call(`show ${path}`),
    },
    dialog: {
      async showMessageBox({ message, detail }) {
        test().questions.push({ message, detail });
        return { response: test().pressed };
      },
    },
    Notification: class {
      static isSupported = () => test().supported;
      readonly options: { title: string; body: string };
      click = () => {};
      constructor(options: { title: string; body: string }) {
        this.options = options;
      }
      on(_: 'click', listener: () => void) {
        this.click = listener;
      }
      once() {}
      show() {
        test().shown.push({ ...this.options, click: () => this.click() });
      }
    },
    nativeImage: { createFromDataURL: (url) => url },
    Tray: class {
      constructor() {
        if (test().trayFails) throw new Error('no StatusNotifierHost');
        call('tray');
      }
      on() {}
      setToolTip(text: string) {
        test().tooltip = text;
      }
      setContextMenu(menu: Entry[]) {
        test().menu = menu;
      }
      destroy() {
        call('tray gone');
      }
    },
    Menu: { buildFromTemplate: (entries) => entries, setApplicationMenu: () => {} },
  };
}

function createTestWindow(options: WindowOptions, session: TestSession): TestWindow {
  const events = createEvents();
  const contents = createEvents();
  let opener: Parameters<ShellContents['setWindowOpenHandler']>[0] | undefined;
  let isMaximized = false;
  const { x = 10, y = 20, width = 1280, height = 840 } = options;
  const window: TestWindow = {
    options,
    loaded: [],
    isShown: false,
    hasMenu: true,
    isDestroyed: false,
    bounds: { x, y, width, height },
    async loadURL(url) {
      window.loaded.push(url);
    },
    show: () => {
      window.isShown = true;
    },
    focus() {},
    maximize: () => {
      isMaximized = true;
    },
    isMaximized: () => isMaximized,
    isMinimized: () => false,
    restore() {},
    getNormalBounds: () => window.bounds,
    removeMenu: () => {
      window.hasMenu = false;
    },
    on: events.on,
    destroy() {
      window.isDestroyed = true;
      events.fire('closed');
    },
    close() {
      if (events.fireAs('close', {})) return true;
      window.destroy();
      return false;
    },
    webContents: {
      session,
      on: contents.on,
      fire: contents.fire,
      fireAs: contents.fireAs.bind(contents),
      setWindowOpenHandler: (handler) => {
        opener = handler;
      },
      opens: (url) => opener!({ url }),
      getURL: () => window.loaded.at(-1) ?? '',
    },
  };
  return window;
}
