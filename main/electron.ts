import type { AlertNotificationsDeps } from './alerts/alert-notifications.ts';
import type { Bounds } from './windows/window-state.ts';

// Of the module `electron`, what the shell uses: it is passed in, so that tests need no Electron.

export interface Preventable {
  preventDefault(): void;
}

export interface MenuEntry {
  label?: string;
  enabled?: boolean;
  type?: 'separator';
  role?: 'appMenu' | 'editMenu' | 'windowMenu' | 'resetZoom' | 'zoomIn' | 'zoomOut' | 'togglefullscreen';
  submenu?: MenuEntry[];
  click?: () => void;
}

export interface ShellTray<Menu> {
  setToolTip(text: string): void;
  setContextMenu(menu: Menu): void;
  on(event: 'click', listener: () => void): unknown;
  destroy(): void;
}

export interface PermissionDetails {
  isMainFrame: boolean;
  requestingUrl?: string;
  securityOrigin?: string;
  mediaTypes?: readonly string[];
  mediaType?: string;
}

export interface ShownChain {
  hostname: string;
  certificate: { data: string };
  errorCode: number;
}

export interface ShellSession {
  setPermissionRequestHandler(
    handler: (
      contents: unknown,
      permission: string,
      answer: (granted: boolean) => void,
      details: PermissionDetails,
    ) => void,
  ): void;
  setPermissionCheckHandler(
    handler: (contents: unknown, permission: string, origin: string, details: PermissionDetails) => boolean,
  ): void;
  setDevicePermissionHandler(handler: () => boolean): void;
  setCertificateVerifyProc(handler: (request: ShownChain, answer: (verdict: number) => void) => void): void;
  setSpellCheckerEnabled(enabled: boolean): void;
  /** Of this program, no page: with the certificates that the session trusts. */
  fetch(
    url: string,
    init: {
      method: 'POST';
      headers: Record<string, string>;
      body: string;
      credentials: 'omit';
      redirect: 'error';
    },
  ): Promise<{ status: number }>;
  on(event: 'will-download', listener: (event: Preventable, item: { getURL(): string }) => void): unknown;
  protocol: { handle(scheme: string, handler: (request: Request) => Promise<Response>): void };
  webRequest: {
    onBeforeRequest(
      handler: (details: { url: string }, answer: (verdict: { cancel: boolean }) => void) => void,
    ): void;
  };
}

export interface ShellContents {
  on(
    event: 'will-navigate' | 'will-redirect',
    listener: (details: Preventable & { url: string }) => void,
  ): unknown;
  on(
    event: 'will-frame-navigate',
    listener: (details: Preventable & { url: string; isMainFrame: boolean }) => void,
  ): unknown;
  on(event: 'will-attach-webview', listener: (event: Preventable) => void): unknown;
  on(
    event: 'did-fail-load',
    listener: (event: unknown, code: number, name: string, url: string, isMainFrame: boolean) => void,
  ): unknown;
  on(event: 'render-process-gone', listener: (event: unknown, details: { reason: string }) => void): unknown;
  setWindowOpenHandler(
    handler: (details: {
      url: string;
    }) => { action: 'deny' } | { action: 'allow'; overrideBrowserWindowOptions: object },
  ): void;
  getURL(): string;
  /** The same object for everything of one partition. */
  readonly session: unknown;
}

export interface WebPreferences {
  partition: string;
  contextIsolation: true;
  sandbox: true;
  nodeIntegration: false;
  nodeIntegrationInWorker: false;
  nodeIntegrationInSubFrames: false;
  webSecurity: true;
  allowRunningInsecureContent: false;
  experimentalFeatures: false;
  webviewTag: false;
  navigateOnDragDrop: false;
  spellcheck: false;
  devTools: boolean;
}

export interface WindowOptions extends Partial<Bounds> {
  title: string;
  show: boolean;
  backgroundColor: string;
  autoHideMenuBar: boolean;
  minWidth?: number;
  minHeight?: number;
  kiosk?: boolean;
  fullscreen?: boolean;
  webPreferences: WebPreferences;
}

export interface ShellWindow {
  loadURL(url: string): Promise<void>;
  show(): void;
  focus(): void;
  maximize(): void;
  isMaximized(): boolean;
  isMinimized(): boolean;
  restore(): void;
  getNormalBounds(): Bounds;
  removeMenu(): void;
  destroy(): void;
  on(event: 'close', listener: (event: Preventable) => void): unknown;
  on(event: 'closed', listener: () => void): unknown;
  webContents: ShellContents;
}

export interface ShellElectron<Image = unknown, Menu = unknown> {
  app: {
    setName(name: string): void;
    setAppUserModelId(id: string): void;
    getPath(name: 'appData'): string;
    setPath(name: 'userData', path: string): void;
    getLocale(): string;
    readonly isPackaged: boolean;
    enableSandbox(): void;
    setAsDefaultProtocolClient(scheme: string): boolean;
    requestSingleInstanceLock(): boolean;
    whenReady(): Promise<void>;
    on(event: 'second-instance', listener: (event: unknown, words: string[]) => void): unknown;
    on(event: 'open-url', listener: (event: Preventable, url: string) => void): unknown;
    on(event: 'before-quit', listener: (event: Preventable) => void): unknown;
    on(event: 'web-contents-created', listener: (event: unknown, contents: ShellContents) => void): unknown;
    on(event: 'will-quit' | 'window-all-closed' | 'activate', listener: () => void): unknown;
    quit(): void;
  };
  BrowserWindow: new (options: WindowOptions) => ShellWindow;
  Notification: AlertNotificationsDeps['electron']['Notification'];
  nativeImage: { createFromDataURL(url: string): Image };
  Tray: new (image: Image) => ShellTray<Menu>;
  Menu: { buildFromTemplate(entries: MenuEntry[]): Menu; setApplicationMenu(menu: Menu | null): void };
  session: { fromPartition(name: string): ShellSession };
  protocol: {
    registerSchemesAsPrivileged(
      schemes: {
        scheme: string;
        privileges: { standard: boolean; secure: boolean; supportFetchAPI: boolean };
      }[],
    ): void;
  };
  screen: { getAllDisplays(): { workArea: Bounds }[] };
  shell: { openExternal(url: string): Promise<void>; showItemInFolder(path: string): void };
  dialog: {
    showMessageBox(options: {
      type: 'question';
      message: string;
      detail: string;
      buttons: string[];
      defaultId: number;
      cancelId: number;
    }): Promise<{ response: number }>;
  };
}
