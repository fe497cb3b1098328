import { z } from 'zod';
import { defined } from '../../../lib/defined.ts';
import type { World } from '../../../lib/id.ts';
import type { SetupStep } from '../../accounts/index.ts';
import { type HoldsFor, heldForText } from '../../matching/index.ts';
import type { NodeTroubles } from '../nodes/node-list.ts';

/** What of the state of the box can need a person. Times are ms since 1970. */
export interface ApplianceFacts extends OrganizationFacts, LeftFacts {
  now: number;
  readiness: { is: 'ready' } | { is: 'not-ready'; reason: string };
  storage: { state: 'ok' | 'full' | 'unavailable'; reason?: string };
  /** Of the disk of the data directory; absent where it cannot be read. */
  freeBytes?: number;
  damagedModels: readonly string[];
  pad: { is: 'installed' | 'missing' };
  inference: { provider: { fallback?: string | undefined } };
  unreachablePeople: number;
  people: readonly { world: World; largest: number }[];
  safeGallery: readonly { rate: number; holdsFor: HoldsFor; people: number }[];
  /** Galleries that are large enough and were not compared with the calibration, and people whose template does not distinguish them. */
  ownGalleries: readonly { notMeasured: number; doubtful: number }[];
  masterKey?: { kind: 'file' | 'passphrase'; besideData: boolean; besideCopy: boolean };
  keyCopies?: { places: number; notCurrent: number };
  backups?: BackupFacts;
  /** Why retention does not believe the clock. */
  clockDoubt?: string;
  waitingSweeps?: readonly string[];
  alteredRows?: number;
  /** Of the audit log, that this machine has seen and the database has no more: `node_a: 46–57`. */
  lostLines?: string;
  nodes?: NodeTroubles;
  insecureHttp?: boolean;
  /** Absent without TLS. */
  certificate?: { endsAt: number; renewsItself: boolean };
}

/** What of organizations can need a person. */
export interface OrganizationFacts {
  matchOnlyOrganizations?: number;
  lenientOrganizations?: number;
  /** Organizations that recorded no consent policy. */
  withoutConsent?: number;
  /** Of each organization whose setup was not finished, what is left. */
  unfinishedSetups?: readonly (readonly SetupStep[])[];
}

/** What was left undone, and waits. */
export interface LeftFacts {
  /** A copy of the key store, or a node, holds up erasures. */
  erasuresPending?: boolean;
  /** Too many for a sweep, as they were last counted. */
  keysWithoutPerson?: number;
  /** Of the live world: webhooks that are disabled or accept nothing, organizations with webhooks and without a grant, open alerts. */
  failingWebhooks?: number;
  withoutGrant?: number;
  openAlerts?: number;
  /** A job has no attempt left. */
  deadJobs?: boolean;
}

export interface BackupFacts {
  /** What is wrong with the last or the next one, a sentence each. */
  troubles: readonly string[];
  scheduled: boolean;
  /** When the newest good one was finished. */
  lastDone?: number | undefined;
  /** Whether one of those that are kept was read back and found whole. */
  proven: boolean;
}

const DAY = 86_400_000;
const GIGABYTE = 1e9;
/** Copies of the key store that are advised, beside the key store itself. */
const COPIES = 2;

/**
 * Everything of the box that a person should look at, the most urgent first: the one list behind the console, `/health` and `gatehouse
 * doctor`. It names no organization, and no path.
 */
export const applianceAttention = (facts: ApplianceFacts): Attention[] =>
  inOrder([
    ...aboutService(facts),
    ...aboutModels(facts),
    ...aboutPeople(facts),
    ...aboutOrganizations(facts),
    ...aboutKeys(facts),
    ...aboutBackups(facts),
    ...aboutKeeping(facts),
    ...aboutLeft(facts),
    ...aboutNetwork(facts),
  ]);

function* aboutService({
  readiness,
  storage,
  freeBytes,
  nodes,
  lostLines,
}: ApplianceFacts): Generator<Attention> {
  if (storage.state !== 'ok')
    yield {
      code: storage.state === 'full' ? 'STORAGE_FULL' : 'STORAGE_UNAVAILABLE',
      urgency: 'now',
      sentence:
        storage.state === 'full'
          ? 'The disk of the data directory or of the database cannot be written.'
          : 'The database cannot be used.',
      values: defined({ reason: storage.reason }),
      remedy:
        storage.state === 'full'
          ? 'Free space on it. Until then nothing is written.'
          : 'Look at the log, and at the database server where there is one.',
    };
  else if (readiness.is === 'not-ready')
    yield {
      code: 'NOT_READY',
      urgency: 'now',
      sentence: 'No picture can be judged.',
      values: { reason: readiness.reason },
      remedy: 'The log says why; “gatehouse doctor” checks the box.',
    };
  if (storage.state === 'ok' && freeBytes !== undefined) yield* aboutDiskSpace(freeBytes);
  if (lostLines !== undefined)
    yield {
      code: 'LINES_LOST',
      urgency: 'now',
      sentence: `The database is older than this machine has seen it. Lost with all that they record, lines of the audit log: ${lostLines}.`,
      values: { lines: lostLines },
      remedy:
        'Look at the database server: a standby that lagged took over, or an old copy was put back. Put the newest database back; where there is none, “gatehouse audit accept-loss”.',
    };
  if (nodes) yield* aboutNodes(nodes);
}

/** What of it is urgent. */
export const nodeTroubleSentences = (troubles: NodeTroubles): string[] =>
  [...aboutNodes(troubles)].flatMap(({ urgency, sentence }) => (urgency === 'now' ? [sentence] : []));

function* aboutNodes({ silent, drained, lagging, standbysGone }: NodeTroubles): Generator<Attention> {
  if (silent > 0)
    yield {
      code: 'NODE_SILENT',
      urgency: 'now',
      sentence: `Nodes that are gone and did not leave: ${silent}. What they had in work begins again at the others.`,
      values: { count: silent },
      remedy:
        'Look at the machine and its log, and start the service again. One that does not come back: “gatehouse node remove”.',
      screen: 'nodes',
    };
  if (standbysGone > 0)
    yield {
      code: 'STANDBY_GONE',
      urgency: 'now',
      sentence: `Standbys of the database server that are gone: ${standbysGone}. If the server is lost too, changes may be lost.`,
      values: { count: standbysGone },
      remedy: 'Look at the standby and its log; with Patroni, “patronictl list” on a database server.',
      screen: 'nodes',
    };
  if (lagging > 0)
    yield {
      code: 'NODE_LAGS',
      urgency: 'now',
      sentence: `Nodes whose memory does not follow the record: ${lagging}. They refuse requests rather than answer from what is old.`,
      values: { count: lagging },
      remedy: 'The log of the node says why; a restart reads everything anew.',
      screen: 'nodes',
    };
  if (drained > 0)
    yield {
      code: 'NODE_DRAINED',
      urgency: 'note',
      sentence: `Nodes that are drained and take no new work: ${drained}.`,
      values: { count: drained },
      remedy: 'Let them work again when the repair is done: “gatehouse node undrain”, or a restart.',
      screen: 'nodes',
    };
}

/** Where the disk of the data directory is nearly full. */
export function* aboutDiskSpace(freeBytes: number): Generator<Attention> {
  if (freeBytes >= 2 * GIGABYTE) return;
  const megabytes = Math.floor(freeBytes / 1e6);
  yield {
    code: 'LITTLE_ROOM',
    urgency: freeBytes < 0.2 * GIGABYTE ? 'now' : 'soon',
    sentence: `The disk of the data directory has ${megabytes} MB left.`,
    values: { megabytes },
    remedy: 'Free some space, or move the data directory to a larger disk.',
  };
}

function* aboutModels({ damagedModels, pad, inference: { provider } }: ApplianceFacts): Generator<Attention> {
  if (damagedModels.length > 0)
    yield {
      code: 'MODEL_DAMAGED',
      urgency: 'now',
      sentence: `Files of models are missing or changed, and are not used: ${damagedModels.join(', ')}.`,
      values: { models: damagedModels.join(', ') },
      remedy: 'Import them again, or remove them.',
      screen: 'models',
    };
  if (pad.is === 'missing') yield livenessOff;
  if (provider.fallback !== undefined)
    yield {
      code: 'SLOWER_PROVIDER',
      urgency: 'note',
      sentence: 'Models run on the processor instead of a GPU or what is configured.',
      remedy:
        'Nothing is missing but speed. Look at the driver of the GPU and start the service again, or set “providers” to “cpu”.',
      screen: 'models',
    };
}

export const livenessOff = {
  code: 'LIVENESS_NOT_INSTALLED',
  urgency: 'now',
  sentence: 'Live verifications are refused: the liveness models are off.',
  remedy: 'Switch them on under “Models” in the console, or with “gatehouse models enable MODEL”.',
  screen: 'models',
} as const satisfies Attention;

function* aboutPeople({
  unreachablePeople,
  people,
  safeGallery,
  ownGalleries,
}: ApplianceFacts): Generator<Attention> {
  if (unreachablePeople > 0)
    yield {
      code: 'PEOPLE_UNREACHABLE',
      urgency: 'now',
      sentence: `People who are enrolled and cannot be recognized: ${unreachablePeople}. Another model made their templates, or their keys are gone.`,
      values: { count: unreachablePeople },
      remedy:
        'Install the model again with which they were enrolled, put back the newest keys.db, or enroll them again.',
      screen: 'people',
    };
  const [largest] = people.toSorted((a, b) => b.largest - a.largest);
  const safe = safeGallery.toSorted((a, b) => b.people - a.people)[0];
  if (largest && safe)
    yield* aboutGallery({
      people: largest.largest,
      safePeople: safe.people,
      rate: safe.rate,
      holdsFor: safe.holdsFor,
    });
  const sum = (count: 'notMeasured' | 'doubtful') =>
    ownGalleries.reduce((all, gallery) => all + gallery[count], 0);
  const notMeasured = sum('notMeasured');
  if (notMeasured > 0)
    yield {
      code: 'GALLERIES_NOT_MEASURED',
      urgency: 'note',
      sentence: `Galleries whose people were not compared with the calibration yet, so that nothing says that the error rates hold for them: ${notMeasured}.`,
      values: { count: notMeasured },
      remedy: 'The box compares them within a day; “gatehouse org calibrate” does it now.',
    };
  const doubtful = sum('doubtful');
  if (doubtful > 0)
    yield {
      code: 'TEMPLATES_DOUBTFUL',
      urgency: 'soon',
      sentence: `People whose template does not distinguish them from others: ${doubtful}.`,
      values: { count: doubtful },
      remedy:
        '“gatehouse subject doubtful” lists them; enroll each again with a picture of the bare, upright face.',
      screen: 'people',
    };
}

/** A gallery that is larger than its thresholds were measured for, or will be soon. */
export function* aboutGallery({
  people,
  safePeople,
  rate,
  holdsFor,
}: {
  people: number;
  safePeople: number;
  rate: number;
  holdsFor: HoldsFor;
}): Generator<Attention> {
  const share = safePeople === 0 ? 0 : people / safePeople;
  if (share < 0.8) return;
  yield {
    code: share > 1 ? 'GALLERY_TOO_LARGE' : 'GALLERY_NEARLY_TOO_LARGE',
    urgency: share > 1 ? 'soon' : 'note',
    sentence: `${people} people are enrolled; thresholds were measured for ${safePeople} at the error rate ${oddsOf(rate)} ${heldForText[holdsFor]}.`,
    values: { safePeople, rate, holdsFor, people },
    remedy: 'Accept a higher error rate in the profile, verify with an e-mail address, or divide the people.',
    screen: 'profiles',
  };
}

/** As the console writes a rate. */
const oddsOf = (rate: number) =>
  rate < 0.01 ? `1 in ${Math.round(1 / rate)}` : `${(100 * rate).toFixed(1)} %`;

/** The steps of the assistant, as the console calls them. */
const stepTexts: Readonly<Record<SetupStep, string>> = {
  name: 'name and certificate',
  factor: 'second factor',
  'attack-detection': 'attack detection',
  consent: 'consent',
  destinations: 'what may leave the box',
  keys: 'keys',
};

/** Of all organizations, or of one. */
export function* aboutOrganizations({
  matchOnlyOrganizations = 0,
  lenientOrganizations = 0,
  withoutConsent = 0,
  unfinishedSetups = [],
}: OrganizationFacts): Generator<Attention> {
  if (matchOnlyOrganizations > 0)
    yield {
      code: 'MATCH_ONLY_ORGANIZATIONS',
      urgency: 'note',
      sentence:
        matchOnlyOrganizations === 1
          ? 'An organization matches faces only: a photograph of a person verifies as the person.'
          : `${matchOnlyOrganizations} organizations match faces only: a photograph of a person verifies as the person.`,
      values: { count: matchOnlyOrganizations },
      remedy: 'Require liveness in the settings of the organization.',
      screen: 'settings',
    };
  if (lenientOrganizations > 0)
    yield {
      code: 'LENIENT_ORGANIZATIONS',
      urgency: 'note',
      sentence:
        lenientOrganizations === 1
          ? 'An organization has a profile that verifies where liveness failed.'
          : `${lenientOrganizations} organizations have a profile that verifies where liveness failed.`,
      values: { count: lenientOrganizations },
      remedy: 'Set the check liveness to hard-fail in the profile.',
      screen: 'profiles',
    };
  if (withoutConsent > 0)
    yield {
      code: 'CONSENT_MISSING',
      urgency: 'soon',
      sentence:
        withoutConsent === 1
          ? 'An organization enrolls no real person, because it has not recorded a consent policy.'
          : `${withoutConsent} organizations enroll no real person, because they have not recorded a consent policy.`,
      values: { count: withoutConsent },
      remedy:
        'Write down the consent text and its version in the settings of the organization, or “gatehouse consent attest”; or ask each person: “gatehouse org set --consent with-call”.',
      screen: 'settings',
    };
  if (unfinishedSetups.length > 0) {
    const count = unfinishedSetups.length;
    const left = [...new Set(unfinishedSetups.flat())];
    yield {
      code: 'SETUPS_UNFINISHED',
      urgency: 'soon',
      sentence:
        count === 1
          ? 'The setup of an organization is not finished.'
          : `The setups of ${count} organizations are not finished.`,
      values: { count, steps: left.join(' ') },
      remedy: `Go on with the assistant of the console. Left: ${left.map((step) => stepTexts[step]).join(', ')}.`,
      screen: 'setup',
    };
  }
}

function* aboutKeys({ masterKey, keyCopies }: ApplianceFacts): Generator<Attention> {
  if (masterKey?.kind === 'file' && (masterKey.besideData || masterKey.besideCopy))
    yield {
      code: masterKey.besideData ? 'MASTER_KEY_BESIDE_DATA' : 'MASTER_KEY_BESIDE_COPY',
      urgency: 'soon',
      sentence: masterKey.besideData
        ? 'The master key lies in the data directory: this disk alone can decrypt everything.'
        : 'The master key lies beside a copy of the key store: that medium can decrypt every backup.',
      remedy:
        'Put it on a medium of its own, “gatehouse master use-file FILE”, or behind a passphrase, “gatehouse master set-passphrase”.',
    };
  if (keyCopies === undefined) return;
  const { places, notCurrent } = keyCopies;
  if (notCurrent > 0)
    yield {
      code: 'KEY_COPY_BEHIND',
      urgency: 'now',
      sentence: `Copies of the key store that are not up to date: ${notCurrent} of ${places}. Keys that were destroyed may still lie there, and newer ones are missing.`,
      values: { behind: notCurrent, places },
      remedy:
        'Connect their media; “gatehouse keystore places” says why, “gatehouse keystore sync” writes them again.',
    };
  if (places < COPIES)
    yield {
      code: places === 0 ? 'NO_KEY_COPY' : 'ONE_KEY_COPY',
      urgency: 'soon',
      sentence:
        places === 0
          ? 'The key store has no copy: if it is lost, no backup opens.'
          : 'The key store has one copy: if both are lost, no backup opens.',
      remedy: 'Keep two, on other disks: “gatehouse keystore add DIR”.',
    };
}

function* aboutBackups({ now, backups }: ApplianceFacts): Generator<Attention> {
  if (backups === undefined) return;
  const { troubles, scheduled, lastDone, proven } = backups;
  if (troubles.length > 0)
    yield {
      code: 'BACKUP_TROUBLE',
      urgency: 'now',
      sentence:
        troubles.length === 1
          ? 'A backup failed, is overdue or would not restore.'
          : `${troubles.length} backups failed, are overdue or would not restore.`,
      values: { count: troubles.length },
      remedy: 'Make a backup now, and look at where it should go.',
      screen: 'backups',
    };
  else if (lastDone === undefined && !scheduled)
    yield {
      code: 'NO_BACKUP',
      urgency: 'soon',
      sentence: 'There is no backup, and none is scheduled: with this disk everything is lost.',
      remedy: 'Schedule one on another disk: “gatehouse backup schedule DIR --every 24h --keep 7”.',
      screen: 'backups',
    };
  else if (lastDone !== undefined && !scheduled && now - lastDone > 7 * DAY) {
    const days = Math.floor((now - lastDone) / DAY);
    yield {
      code: 'BACKUP_OLD',
      urgency: 'soon',
      sentence: `The last backup is ${days} days old, and none is scheduled.`,
      values: { days },
      remedy: 'Schedule one on another disk: “gatehouse backup schedule DIR --every 24h --keep 7”.',
      screen: 'backups',
    };
  } else if (lastDone !== undefined && !proven)
    yield {
      code: 'BACKUP_NOT_PROVEN',
      urgency: 'soon',
      sentence: 'No backup was ever proven: nothing says that one can be restored.',
      remedy: 'Try one in the console, or “gatehouse backup verify FILE --keys PLACE”.',
      screen: 'backups',
    };
}

function* aboutKeeping({
  clockDoubt,
  waitingSweeps = [],
  alteredRows = 0,
}: ApplianceFacts): Generator<Attention> {
  if (alteredRows > 0)
    yield {
      code: 'ROWS_ALTERED',
      urgency: 'now',
      sentence: `Rows of the database that another program wrote or changed, or that are damaged, and do not count, and damaged files: ${alteredRows}.`,
      values: { count: alteredRows },
      remedy:
        'Find out who writes to the database, and check the disk; “gatehouse audit verify” names each row or file and what to do.',
    };
  if (clockDoubt !== undefined)
    yield {
      code: 'CLOCK_DOUBTFUL',
      urgency: 'now',
      sentence:
        'Retention does not believe the clock of this machine. Nothing is swept until an operator confirms the clock.',
      values: { reason: clockDoubt },
      remedy: 'Look at the clock of the machine; when it is right: “gatehouse retention confirm”.',
    };
  if (waitingSweeps.length > 0)
    yield {
      code: 'SWEEP_WAITS',
      urgency: 'soon',
      sentence: `Retention sweeps that wait for an operator, because they would erase unusually many people: ${waitingSweeps.length}.`,
      values: { count: waitingSweeps.length },
      remedy: 'An operator looks at them on the box: “gatehouse retention waiting”.',
    };
}

function* aboutLeft({
  erasuresPending = false,
  keysWithoutPerson = 0,
  failingWebhooks = 0,
  withoutGrant = 0,
  openAlerts = 0,
  deadJobs = false,
}: LeftFacts): Generator<Attention> {
  if (erasuresPending)
    yield {
      code: 'ERASURES_PENDING',
      urgency: 'soon',
      sentence:
        'Erasures are not complete: a copy of the key store or a node that was not reached may still hold the keys.',
      remedy: '“gatehouse receipt list --pending” says what each waits for.',
    };
  if (keysWithoutPerson > 0)
    yield {
      code: 'KEYS_WITHOUT_PERSON',
      urgency: 'soon',
      sentence: `Keys of people who are not in this database: ${keysWithoutPerson}. They are kept, because too many people are missing for a sweep to destroy the keys.`,
      values: { count: keysWithoutPerson },
      remedy:
        'After a restore of an older backup these are the people enrolled since: restore a newer one, or enroll them again. Otherwise the database may not be the one of these keys: look at --data and the database settings.',
    };
  if (openAlerts > 0)
    yield {
      code: 'ALERTS_OPEN',
      urgency: 'soon',
      sentence: `Alerts of the live world that are not acknowledged: ${openAlerts}.`,
      values: { count: openAlerts },
      remedy: 'Look at them, and acknowledge them: “gatehouse alert list”.',
      screen: 'alerts',
    };
  if (failingWebhooks > 0)
    yield {
      code: 'WEBHOOKS_FAIL',
      urgency: 'soon',
      sentence: `Webhooks of the live world that are disabled or whose receiver accepts nothing: ${failingWebhooks}.`,
      values: { count: failingWebhooks },
      remedy:
        '“gatehouse webhook deliveries” shows what came back; “gatehouse webhook enable” enables one that is disabled.',
    };
  if (withoutGrant > 0)
    yield {
      code: 'GRANTS_MISSING',
      urgency: 'soon',
      sentence: `Organizations with webhooks and without a grant, so that nothing is sent: ${withoutGrant}.`,
      values: { count: withoutGrant },
      remedy: 'Allow where the webhooks lead: “gatehouse grant add DESTINATION”.',
    };
  if (deadJobs)
    yield {
      code: 'DEAD_JOBS',
      urgency: 'soon',
      sentence: 'Jobs have no attempt left.',
      remedy:
        '“gatehouse jobs list --state dead” says why; then try each again or remove it: “gatehouse jobs retry JOB”, “gatehouse jobs remove JOB”.',
      screen: 'jobs',
    };
}

function* aboutNetwork({ now, certificate, insecureHttp }: ApplianceFacts): Generator<Attention> {
  if (insecureHttp)
    yield {
      code: 'NO_TLS',
      urgency: 'soon',
      sentence:
        'The service listens beyond this machine without TLS: pictures and keys cross the network in plain.',
      remedy:
        'Give it a name and a certificate (--tls-cert and --tls-key), or put it behind a proxy that encrypts.',
      screen: 'settings',
    };
  if (certificate === undefined) return;
  const days = Math.floor((certificate.endsAt - now) / DAY);
  // One that renews itself does so a third of its life before the end.
  if (days < (certificate.renewsItself ? 7 : 30))
    yield {
      code: days < 0 ? 'CERTIFICATE_ENDED' : 'CERTIFICATE_ENDS',
      urgency: days < 7 ? 'now' : 'soon',
      sentence: days < 0 ? 'The TLS certificate has ended.' : `The TLS certificate ends in ${days} days.`,
      values: { days: Math.max(0, days), renewsItself: certificate.renewsItself ? 1 : 0 },
      remedy: certificate.renewsItself
        ? 'The box should have renewed it: look at the log.'
        : 'Renew it; the new one is served without a restart.',
      screen: 'settings',
    };
}

/** Screens of the console on which a problem can be fixed. */
const screens = [
  'alerts',
  'approvals',
  'backups',
  'jobs',
  'models',
  'nodes',
  'people',
  'profiles',
  'review',
  'sessions',
  'settings',
  'setup',
  'verifications',
] as const;

const urgencies = ['now', 'soon', 'note'] as const;

/** Something that a person should look at. */
export const Attention = z
  .strictObject({
    code: z.string().describe('Stable code'),
    urgency: z
      .enum(urgencies)
      .describe(
        '`now`: something does not work, or people are refused; `soon`: that is about to happen; `note`: for information',
      ),
    sentence: z.string().describe('What there is'),
    remedy: z.string().describe('What to do'),
    values: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .describe('Names and numbers of the sentence, for another language'),
    screen: z.enum(screens).optional().describe('Where in the console; absent where only the box can do it'),
  })
  .meta({
    id: 'Attention',
    description: 'An item that needs attention.',
    examples: [
      {
        code: 'CERTIFICATE_ENDS',
        urgency: 'soon',
        sentence: 'The TLS certificate ends in 21 days.',
        values: { days: 21 },
        remedy: 'Renew it, and put the new files where the old ones are; no restart is needed.',
        screen: 'settings',
      },
    ],
  });
export type Attention = z.output<typeof Attention>;

/** The most urgent first; those of one urgency stay in their order. */
export const inOrder = (list: readonly Attention[]): Attention[] =>
  list.toSorted((a, b) => urgencies.indexOf(a.urgency) - urgencies.indexOf(b.urgency));
