import { join } from 'node:path';
import type { ShellElectron } from '../../main/shell.ts';

interface Entry {
  label?: string;
  click?: () => void;
}

/** What the shell uses of Electron, and what it did with it, in order. */
export interface TestElectron {
  electron: ShellElectron<string, Entry[]>;
  calls: string[];
  shown: { title: string; body: string }[];
  tooltip: string;
  menu: Entry[];
  supported: boolean;
  /** Another one has the lock. */
  locked: boolean;
  trayFails: boolean;
  /** Ready once what it gives is called. */
  hold(): () => void;
  fire(event: string): void;
}

export function createTestElectron(folder: string): TestElectron {
  let ready = Promise.resolve();
  const listeners: { event: string; listener: () => void }[] = [];
  const call = (words: string) => void test.calls.push(words);
  const test: TestElectron = {
    calls: [],
    shown: [],
    tooltip: '',
    menu: [],
    supported: true,
    locked: false,
    trayFails: false,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      ready = promise;
      return resolve;
    },
    fire(event) {
      for (const one of listeners) if (one.event === event) one.listener();
    },
    electron: {
      app: {
        setName: (name) => call(`name ${name}`),
        setAppUserModelId: (id) => call(`model ${id}`),
        getPath: () => join(folder, 'appData'),
        setPath: (name, path) => call(`${name} ${path}`),
        requestSingleInstanceLock() {
          call('lock');
          return !test.locked;
        },
        whenReady: () => ready,
        on: (event, listener) => listeners.push({ event, listener }),
        quit: () => call('quit'),
      },
      Notification: class {
        static isSupported = () => test.supported;
        readonly options: { title: string; body: string };
        constructor(options: { title: string; body: string }) {
          this.options = options;
        }
        once() {}
        show() {
          test.shown.push(this.options);
        }
      },
      nativeImage: { createFromDataURL: (url) => url },
      Tray: class {
        constructor() {
          if (test.trayFails) throw new Error('no StatusNotifierHost');
          call('tray');
        }
        setToolTip(text: string) {
          test.tooltip = text;
        }
        setContextMenu(menu: Entry[]) {
          test.menu = menu;
        }
        destroy() {
          call('tray gone');
        }
      },
      Menu: { buildFromTemplate: (entries) => entries },
    },
  };
  return test;
}
