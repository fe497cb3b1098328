// Runs a program as Electron runs it: `electron` is there to import, and is ready only once the program's own module has ended.
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const { promise: ready, resolve: becomeReady } = Promise.withResolvers();
globalThis.electronOfTest = {
  app: {
    setName() {},
    setAppUserModelId() {},
    getPath: () => process.env.HOME,
    setPath() {},
    requestSingleInstanceLock: () => true,
    whenReady: () => ready,
    on() {},
    exit: (code) => process.exit(code),
  },
  Notification: class {
    static isSupported = () => true;
    show() {}
  },
  nativeImage: { createFromDataURL: (url) => url },
  Tray: class {
    setToolTip() {}
    setContextMenu() {}
  },
  Menu: { buildFromTemplate: (entries) => entries },
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
