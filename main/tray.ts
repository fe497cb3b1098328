import type { MenuEntry, ShellElectron } from './electron.ts';
import type { ServiceState } from './service/service-state.ts';
import { trayIcon } from './tray-icon.ts';
import type { WindowKind } from './windows/guards.ts';
import { catalogOf, wordsOf } from './windows/start-words.ts';

export interface TrayDeps {
  locale: string;
  /** Prints a line to the terminal. */
  say(line: string): void;
  open(kind: WindowKind): void;
  check(): void;
  quit(): void;
}

/** The place in the tray: what the service is doing, its alerts, and the way to its windows. A desktop without a tray goes without. */
export function createTray<Image, Menu>(electron: ShellElectron<Image, Menu>, deps: TrayDeps) {
  const words = catalogOf(deps.locale);
  const tray = openTray(electron, deps);
  let service = '';
  let alerts: string | undefined;
  let own = false;
  let drawn = '';

  function draw(): void {
    const lines = [service, ...(alerts === undefined ? [] : [alerts])];
    const next = JSON.stringify([lines, own]);
    if (next === drawn) return;
    drawn = next;
    tray?.setToolTip(`Gatehouse: ${alerts ?? service}`);
    const entries: MenuEntry[] = [
      ...lines.map((label) => ({ label, enabled: false })),
      { type: 'separator' },
      { label: words.openConsole, click: () => deps.open('console') },
      { label: words.openKiosk, click: () => deps.open('kiosk') },
      { label: words.checkNow, click: () => deps.check() },
      { type: 'separator' },
      { label: own ? words.quitOwn : words.quitAttached, click: () => deps.quit() },
    ];
    tray?.setContextMenu(electron.Menu.buildFromTemplate(entries));
  }

  return {
    service(state: ServiceState): void {
      const now = lineOf(state, deps.locale);
      if (now !== service) deps.say(now);
      service = now;
      own = state.is === 'ready' ? state.own : own;
      draw();
    },
    /** How many are open, or why they are not known. */
    alerts(line: string): void {
      if (line !== alerts) deps.say(line);
      alerts = line;
      draw();
    },
    isThere: () => tray !== undefined,
    destroy: () => tray?.destroy(),
  };
}

function lineOf(state: ServiceState, locale: string): string {
  if (state.is === 'ready') return `${catalogOf(locale).running}: ${state.url}`;
  const { title } = wordsOf(state, { unseal: '' }, locale);
  return 'why' in state ? `${title}. ${state.why}` : title;
}

function openTray<Image, Menu>({ Tray, nativeImage }: ShellElectron<Image, Menu>, { say, open }: TrayDeps) {
  try {
    const tray = new Tray(nativeImage.createFromDataURL(trayIcon));
    tray.on('click', () => open('console'));
    return tray;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(`This desktop has no tray (${why}); alerts are shown all the same. Ctrl-C ends it.`);
    return undefined;
  }
}
