import { join } from 'node:path';
import {
  type AlertNotifications,
  type AlertNotificationsDeps,
  createAlertNotifications,
  type DesktopAlert,
} from './alerts/alert-notifications.ts';
import { createAlertSource } from './alerts/alert-source.ts';
import { createShownAlerts } from './alerts/shown-alerts.ts';
import { prepareApp } from './app.ts';
import type { Choices } from './choices.ts';
import type { ShellElectron } from './electron.ts';
import { endInOrder } from './end-in-order.ts';
import type { ServiceProcess } from './service/service-process.ts';
import { createSupervisor } from './service/supervisor.ts';
import { serviceOf } from './service/target.ts';
import { createTray } from './tray.ts';
import { isDeepLink, readDeepLink } from './windows/deep-link.ts';
import { createShellWindows, type ShellWindows } from './windows/shell-windows.ts';
import type { StartAction } from './windows/start-words.ts';

export interface ShellDeps<Image, Menu> {
  electron: ShellElectron<Image, Menu>;
  choices: Choices;
  /** Starts the service of a data directory as a process of the shell. */
  start(data: string, log: string): ServiceProcess;
  /** Origin of the development server of the pages (`npm run dev`); undefined in a product. */
  pages?: string | undefined;
  now(): number;
  /** As `setTimeout` and `setInterval`, so that tests own the time; each gives what ends it. */
  after(milliseconds: number, work: () => void): () => void;
  repeat?: AlertNotificationsDeps['repeat'];
  /** Prints a line to the terminal. */
  say(line: string): void;
}

export interface Shell {
  /** Ends the program, also while a kiosk is open: for the operator of the machine. */
  quit(): void;
}

/** Milliseconds between polls for alerts; a poll is one request over a local socket. */
const LOOK = 5_000;

/**
 * The desktop app: one for each service and account. It sees to it that the service runs, shows its console and kiosk in windows, and its alerts as
 * notifications. It holds no data of the service and no business rules. A second one for the same service brings the first to the front, and ends.
 */
export async function runShell<Image, Menu>(deps: ShellDeps<Image, Menu>): Promise<Shell | undefined> {
  const { electron, choices, say, pages } = deps;
  const { app } = electron;
  const own = prepareApp(electron, choices.target);
  const links = collectLinks(electron, choices);
  // In development the next build of the program starts while this one ends.
  if (pages === undefined && !app.requestSingleInstanceLock()) {
    say(`Gatehouse runs on this desktop for ${nameOf(choices)} already: it comes to the front.`);
    app.quit();
    return undefined;
  }
  await app.whenReady();

  const log = join(own, 'service.log');
  const service = serviceOf(choices.target, { log, start: deps.start, pages });
  const locale = app.getLocale();
  const tray = createTray(electron, {
    locale,
    say,
    open: (kind) => windows.open(kind),
    check: () => void notifications?.poll(),
    quit: () => app.quit(),
  });
  const windows: ShellWindows = createShellWindows({ ...deps, own, locale, service, act });
  const supervisor = createSupervisor({
    find: service.find,
    start: service.start,
    now: deps.now,
    after: deps.after,
    changed(state) {
      tray.service(state);
      windows.follow(state);
    },
  });
  const notifications = notificationsOf(deps, own, {
    polled: (how) => tray.alerts('open' in how ? openAlerts(how.open) : sentence(how.error)),
    open: (alert) => windows.open('console', alertPath(alert)),
  });
  function act(action: StartAction): void {
    if (action === 'quit') app.quit();
    else if (action === 'log') electron.shell.showItemInFolder(log);
    else supervisor.begin();
  }
  const shell = endInOrder(app, {
    isLocked: () => windows.isKioskOpen(),
    unlock: () => windows.unlock(),
    stop: () => supervisor.stop(),
    ended() {
      notifications?.stop();
      tray.destroy();
    },
  });

  app.on('second-instance', (_, words) => {
    void notifications?.poll();
    const link = words.find(isDeepLink);
    if (link !== undefined) openLink(link);
    else if (!words.includes('--hidden')) windows.open(words.includes('--kiosk') ? 'kiosk' : 'console');
  });
  app.on('activate', () => windows.open('console'));
  app.on('window-all-closed', () => {
    if (!tray.isThere()) app.quit();
  });
  function openLink(link: string): void {
    const found = readDeepLink(link);
    if (found) windows.open(found.window, found.path);
    else say(`${link.slice(0, 100)} names no screen of Gatehouse.`);
  }

  supervisor.begin();
  notifications?.start(LOOK);
  const given = links.take(openLink);
  if (given === 0 && !choices.hidden) windows.open(choices.kiosk ? 'kiosk' : 'console');
  return shell;
}

/** Links of the command line and, on macOS, of the system, which may come before Electron is ready. */
function collectLinks({ app }: Pick<ShellElectron, 'app'>, { link }: Choices) {
  const waiting = link === undefined ? [] : [link];
  let open = (one: string): void => {
    waiting.push(one);
  };
  app.on('open-url', (event, url) => {
    event.preventDefault();
    open(url);
  });
  return {
    /** Opens those that wait, and from now on each that comes; gives how many waited. */
    take(by: (link: string) => void): number {
      open = by;
      for (const one of waiting) by(one);
      return waiting.length;
    },
  };
}

function notificationsOf<Image, Menu>(
  { electron, choices: { target }, repeat }: ShellDeps<Image, Menu>,
  own: string,
  how: Pick<AlertNotificationsDeps, 'polled' | 'open'>,
): AlertNotifications | undefined {
  // The alerts of another machine are for those who sign in to its console.
  if (target.is !== 'here') return undefined;
  return createAlertNotifications({
    electron,
    fetchAlerts: createAlertSource(target.data),
    shown: createShownAlerts(join(own, 'shown-alerts.json')),
    ...how,
    ...(repeat && { repeat }),
  });
}

const alertPath = (alert: DesktopAlert | undefined): string =>
  alert === undefined
    ? '/console/alerts'
    : `/console/alerts?${new URLSearchParams({ alert: alert.id, ...(alert.env === 'test' && { env: 'test' }) })}`;

function openAlerts(open: number): string {
  if (open === 0) return 'No open alerts.';
  return `${open}${open === 100 ? ' or more' : ''} open ${open === 1 ? 'alert' : 'alerts'}: gatehouse alert list`;
}

const nameOf = ({ target }: Choices) => (target.is === 'here' ? target.data : target.url.origin);
const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error));
