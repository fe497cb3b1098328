import type { ServiceState } from '../service/service-state.ts';

/** Actions while the service is not available. */
export type StartAction = 'retry' | 'log' | 'quit';

/** What the start page shows. */
export interface StartWords {
  title: string;
  detail: string;
  /** A command to type, or the place of a file. */
  line?: { label: string; text: string };
  busy: boolean;
  actions: { action: StartAction; label: string }[];
}

export interface StartHints {
  /** Path of the log; absent if the service is not a process of the shell. */
  log?: string;
  /** To type on the box. */
  unseal: string;
}

const english = {
  looking: 'Looking for the service',
  lookingDetail: 'Gatehouse runs on this machine already, or is started now.',
  starting: 'Gatehouse is starting',
  startingDetail: 'It opens its data and checks its models. The first start takes longest.',
  waiting: 'Gatehouse is getting ready',
  sealed: 'Gatehouse is sealed',
  sealedDetail: 'It waits for the passphrase of its master key. On the box, in a terminal, run this command:',
  ready: 'Opening Gatehouse',
  restarting: 'Gatehouse stopped unexpectedly',
  restartingDetail: (seconds: number, why: string) => `It is started again in ${seconds} s. ${why}`,
  failed: 'Gatehouse does not start',
  away: 'Gatehouse does not answer',
  awayDetail: (why: string) => `${why} It is asked again every few seconds.`,
  stopping: 'Gatehouse is stopping',
  stoppingDetail: 'Requests that are running may end first.',
  page: 'The console does not load',
  pageDetail: (name: string) => `The service runs, but its page could not be opened (${name}).`,
  log: 'Its log is in',
  command: 'Command',
  retry: 'Try again',
  showLog: 'Show the log',
  quit: 'Quit',
  running: 'Gatehouse is running',
  openConsole: 'Open the console',
  openKiosk: 'Open the kiosk',
  checkNow: 'Check now',
  quitOwn: 'Quit: the service stops too',
  quitAttached: 'Quit: alerts are not shown any more',
  askTitle: (host: string) => `Open ${host} in the browser?`,
  askDetail: (url: string) => `The page links to an address outside of the box:\n\n${url}`,
  open: 'Open',
  cancel: 'Cancel',
};
type Catalog = typeof english;
const german: Catalog = {
  looking: 'Der Dienst wird gesucht',
  lookingDetail: 'Gatehouse läuft auf diesem Gerät schon oder wird jetzt gestartet.',
  starting: 'Gatehouse wird gestartet',
  startingDetail: 'Es öffnet seine Daten und prüft seine Modelle. Der erste Start dauert am längsten.',
  waiting: 'Gatehouse ist gleich bereit',
  sealed: 'Gatehouse ist versiegelt',
  sealedDetail: 'Es wartet auf die Passphrase seines Hauptschlüssels. Auf dem Gerät in einem Terminal:',
  ready: 'Gatehouse wird geöffnet',
  restarting: 'Gatehouse wurde unerwartet beendet',
  restartingDetail: (seconds, why) => `In ${seconds} s wird es neu gestartet. ${why}`,
  failed: 'Gatehouse startet nicht',
  away: 'Gatehouse antwortet nicht',
  awayDetail: (why) => `${why} Es wird alle paar Sekunden erneut gefragt.`,
  stopping: 'Gatehouse wird beendet',
  stoppingDetail: 'Laufende Anfragen dürfen vorher enden.',
  page: 'Die Konsole lädt nicht',
  pageDetail: (name) => `Der Dienst läuft, aber seine Seite ließ sich nicht öffnen (${name}).`,
  log: 'Sein Protokoll liegt in',
  command: 'Befehl',
  retry: 'Erneut versuchen',
  showLog: 'Protokoll zeigen',
  quit: 'Beenden',
  running: 'Gatehouse läuft',
  openConsole: 'Konsole öffnen',
  openKiosk: 'Kiosk öffnen',
  checkNow: 'Jetzt prüfen',
  quitOwn: 'Beenden: auch der Dienst endet',
  quitAttached: 'Beenden: Alarme werden nicht mehr gezeigt',
  askTitle: (host) => `${host} im Browser öffnen?`,
  askDetail: (url) => `Die Seite verweist auf eine Adresse außerhalb des Geräts:\n\n${url}`,
  open: 'Öffnen',
  cancel: 'Abbrechen',
};

export const catalogOf = (locale: string): Catalog => (/^de\b/i.test(locale) ? german : english);

/** The state of the service in words. The reasons that the service gives are in its own language, English. */
export function wordsOf(state: ServiceState, { log, unseal }: StartHints, locale: string): StartWords {
  const say = catalogOf(locale);
  const retry = { action: 'retry', label: say.retry } as const;
  const quit = { action: 'quit', label: say.quit } as const;
  const itsLog = log !== undefined && { line: { label: say.log, text: log } };
  const showLog = log === undefined ? [] : [{ action: 'log', label: say.showLog } as const];
  const busy = { busy: true, actions: [quit] };
  switch (state.is) {
    case 'looking':
      return { title: say.looking, detail: say.lookingDetail, ...busy };
    case 'starting':
      return { title: say.starting, detail: say.startingDetail, ...itsLog, ...busy };
    case 'waiting':
      return { title: say.waiting, detail: state.why, ...itsLog, ...busy };
    case 'sealed': {
      const line = { label: say.command, text: unseal };
      return { title: say.sealed, detail: say.sealedDetail, line, busy: false, actions: [quit] };
    }
    case 'ready':
      return { title: say.ready, detail: '', busy: true, actions: [] };
    case 'restarting': {
      const detail = say.restartingDetail(state.seconds, state.why);
      return { title: say.restarting, detail, ...itsLog, busy: true, actions: [retry, ...showLog, quit] };
    }
    case 'failed':
      return {
        title: say.failed,
        detail: state.why,
        ...itsLog,
        busy: false,
        actions: [retry, ...showLog, quit],
      };
    case 'away':
      return { title: say.away, detail: say.awayDetail(state.why), busy: false, actions: [retry, quit] };
    case 'stopping':
      return { title: say.stopping, detail: say.stoppingDetail, busy: true, actions: [] };
    default:
      return state satisfies never;
  }
}

/** The service runs, and its page did not load: `name` is Chromium's for the error. */
export function pageFailedWords(name: string, locale: string): StartWords {
  const say = catalogOf(locale);
  const actions = [
    { action: 'retry', label: say.retry },
    { action: 'quit', label: say.quit },
  ] as const;
  return { title: say.page, detail: say.pageDetail(name), busy: false, actions: [...actions] };
}
