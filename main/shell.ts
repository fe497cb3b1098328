import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type AlertNotificationsDeps, createAlertNotifications } from './alert-notifications.ts';
import { createAlertSource } from './alert-source.ts';
import { createShownAlerts } from './shown-alerts.ts';
import { trayIcon } from './tray-icon.ts';

interface MenuEntry {
  label?: string;
  enabled?: boolean;
  type?: 'separator';
  click?: () => void;
}

interface ShellTray<Menu> {
  setToolTip(text: string): void;
  setContextMenu(menu: Menu): void;
  destroy(): void;
}

/** Of the module `electron`, what the shell uses. */
export interface ShellElectron<Image = unknown, Menu = unknown> {
  app: {
    setName(name: string): void;
    setAppUserModelId(id: string): void;
    getPath(name: 'appData'): string;
    setPath(name: 'userData', path: string): void;
    requestSingleInstanceLock(): boolean;
    whenReady(): Promise<void>;
    on(event: 'second-instance' | 'will-quit', listener: () => void): unknown;
    quit(): void;
  };
  Notification: AlertNotificationsDeps['electron']['Notification'];
  nativeImage: { createFromDataURL(url: string): Image };
  Tray: new (image: Image) => ShellTray<Menu>;
  Menu: { buildFromTemplate(entries: MenuEntry[]): Menu };
}

export interface ShellDeps<Image, Menu> {
  electron: ShellElectron<Image, Menu>;
  /** The data directory of the service whose alerts are shown. Absolute. */
  data: string;
  /** As `setInterval`, so that tests own the time; gives what ends it. */
  repeat?: AlertNotificationsDeps['repeat'];
  /** Prints a line to the terminal. */
  say(line: string): void;
}

/** Milliseconds between polls; a poll is one request over a local socket. */
const LOOK = 5_000;

/**
 * The desktop shell: one for each data directory and account, with a place in the tray, that shows alerts of the service as notifications of the
 * desktop. It holds no data of the service and no business rules. A second one for the same directory makes the first poll at once, and ends.
 */
export async function runShell<Image, Menu>({
  electron,
  data,
  repeat,
  say,
}: ShellDeps<Image, Menu>): Promise<void> {
  const { app } = electron;
  app.setName('Gatehouse');
  // Windows shows no notification of a program that it cannot name.
  app.setAppUserModelId('app.gatehouse.desktop');
  const own = join(
    app.getPath('appData'),
    'Gatehouse',
    createHash('sha256').update(data).digest('hex').slice(0, 16),
  );
  // Before the lock, which lies in it.
  app.setPath('userData', own);
  if (!app.requestSingleInstanceLock()) {
    say(`Gatehouse runs on this desktop for ${data} already: look for it in the tray.`);
    app.quit();
    return;
  }
  await app.whenReady();

  const tray = openTray(electron, say);
  let status: string | undefined;
  const show = (now: string) => {
    if (now === status) return;
    status = now;
    say(now);
    tray?.setToolTip(`Gatehouse: ${now}`);
    tray?.setContextMenu(
      electron.Menu.buildFromTemplate([
        { label: now, enabled: false },
        { label: 'Check now', click: () => void notifications.poll() },
        { type: 'separator' },
        { label: 'Quit: alerts are not shown any more', click: () => app.quit() },
      ]),
    );
  };
  const notifications = createAlertNotifications({
    electron,
    fetchAlerts: createAlertSource(data),
    shown: createShownAlerts(join(own, 'shown-alerts.json')),
    polled: (how) => show('open' in how ? openAlerts(how.open) : sentence(how.error)),
    ...(repeat && { repeat }),
  });
  app.on('second-instance', () => void notifications.poll());
  app.on('will-quit', () => {
    notifications.stop();
    tray?.destroy();
  });
  show(`Looking for the service on ${data}.`);
  notifications.start(LOOK);
}

/** A desktop without a tray still shows notifications. */
function openTray<Image, Menu>(
  { Tray, nativeImage }: ShellElectron<Image, Menu>,
  say: (line: string) => void,
) {
  try {
    return new Tray(nativeImage.createFromDataURL(trayIcon));
  } catch (error) {
    say(`This desktop has no tray (${sentence(error)}); alerts are shown all the same. Ctrl-C ends it.`);
    return undefined;
  }
}

function openAlerts(open: number): string {
  if (open === 0) return 'No open alerts.';
  return `${open}${open === 100 ? ' or more' : ''} open ${open === 1 ? 'alert' : 'alerts'}: gatehouse alert list`;
}

const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error));
