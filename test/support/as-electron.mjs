// Runs a program as Electron runs it: `electron` is there to import, and is ready only once the program's own module has ended.
import { EventEmitter } from 'node:events';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const { promise: ready, resolve: becomeReady } = Promise.withResolvers();
const session = () => ({
  on() {},
  setPermissionRequestHandler() {},
  setPermissionCheckHandler() {},
  setDevicePermissionHandler() {},
  setCertificateVerifyProc() {},
  setSpellCheckerEnabled() {},
  protocol: { handle() {} },
  webRequest: { onBeforeRequest() {} },
});
class Contents extends EventEmitter {
  setWindowOpenHandler() {}
  getURL() {
    return this.url;
  }
}
class BrowserWindow extends EventEmitter {
  webContents = new Contents();
  constructor() {
    super();
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url) {
    this.webContents.url = url;
    console.log(`loads ${url}`);
  }
  show() {}
  focus() {}
  isMinimized = () => false;
}
const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  setName() {},
  setAppUserModelId() {},
  getPath: () => process.env.HOME,
  setPath() {},
  getLocale: () => 'en-US',
  enableSandbox() {},
  requestSingleInstanceLock: () => true,
  whenReady: () => ready,
  exit: (code) => process.exit(code),
  quit() {
    let isPrevented = false;
    const preventDefault = () => {
      isPrevented = true;
    };
    this.emit('before-quit', { preventDefault });
    if (isPrevented) return;
    this.emit('will-quit');
    process.exit(0);
  },
});
globalThis.electronOfTest = {
  app,
  BrowserWindow,
  Notification: class extends EventEmitter {
    static isSupported = () => true;
    show() {}
  },
  nativeImage: { createFromDataURL: (url) => url },
  Tray: class extends EventEmitter {
    setToolTip() {}
    setContextMenu() {}
    destroy() {}
  },
  Menu: { buildFromTemplate: (entries) => entries, setApplicationMenu() {} },
  session: { fromPartition: session },
  protocol: { registerSchemesAsPrivileged() {} },
  screen: { getAllDisplays: () => [] },
  shell: {},
  dialog: {},
};
const names = Object.keys(globalThis.electronOfTest);
const source = `export const { ${names.join(', ')} } = globalThis.electronOfTest;`;

Object.defineProperty(process.versions, 'electron', { value: '45.0.0' });
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: `data:text/javascript,${encodeURIComponent(source)}`, shortCircuit: true }
      : next(specifier, context),
});
await import(pathToFileURL(process.argv[2]).href);
becomeReady();
