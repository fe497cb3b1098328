import { z } from 'zod';

/** What of the state of the box can need a person. Times are ms since 1970. */
export interface ApplianceFacts {
  now: number;
  readiness: { is: 'ready' } | { is: 'not-ready'; reason: string };
  storage: { state: 'ok' | 'full' | 'unavailable'; reason?: string };
  damagedModels: readonly string[];
  pad: { is: 'installed' } | { is: 'missing'; remedy: string };
  inference: { provider: { fallback?: string | undefined } };
  unreachablePeople: number;
  keyCopies?: { places: number; notCurrent: number };
  backupWarnings?: readonly string[];
  waitingSweeps?: readonly string[];
  alteredRows?: number;
  insecureHttp?: boolean;
  lenientOrganizations?: number;
  /** Absent without TLS. */
  certificate?: { endsAt: number; renewsItself: boolean };
}

const DAY = 86_400_000;

/** Everything of the box that a person should look at, the most urgent first. */
export const applianceAttention = (facts: ApplianceFacts): Attention[] =>
  inOrder([...aboutService(facts), ...aboutModels(facts), ...aboutKeeping(facts), ...aboutNetwork(facts)]);

function* aboutService({ readiness, storage }: ApplianceFacts): Generator<Attention> {
  if (storage.state !== 'ok')
    yield {
      code: storage.state === 'full' ? 'STORAGE_FULL' : 'STORAGE_UNAVAILABLE',
      urgency: 'now',
      sentence: storage.reason ?? 'The database cannot be used.',
      remedy:
        storage.state === 'full'
          ? 'Free space on the disk of the data directory.'
          : 'Look at the log, and at the database server where there is one.',
    };
  else if (readiness.is === 'not-ready')
    yield {
      code: 'NOT_READY',
      urgency: 'now',
      sentence: readiness.reason,
      remedy: 'Look at the log; “gatehouse doctor” checks the box.',
    };
}

function* aboutModels({
  damagedModels,
  pad,
  inference: { provider },
  unreachablePeople,
  lenientOrganizations = 0,
}: ApplianceFacts): Generator<Attention> {
  if (damagedModels.length > 0)
    yield {
      code: 'MODEL_DAMAGED',
      urgency: 'now',
      sentence: `Files of models are missing or changed, and are not used: ${damagedModels.join(', ')}.`,
      values: { models: damagedModels.join(', ') },
      remedy: 'Import them again, or remove them.',
      screen: 'models',
    };
  if (pad.is === 'missing')
    yield {
      code: 'LIVENESS_NOT_INSTALLED',
      urgency: 'soon',
      sentence: 'The liveness models are off: a photograph of a person passes as the person.',
      remedy: pad.remedy,
      screen: 'models',
    };
  if (unreachablePeople > 0)
    yield {
      code: 'PEOPLE_UNREACHABLE',
      urgency: 'now',
      sentence: `People who are enrolled and cannot be recognized: ${unreachablePeople}. Another model file made their templates, or their keys are gone.`,
      values: { count: unreachablePeople },
      remedy: 'Install the model again with which they were enrolled, or enroll them again.',
      screen: 'people',
    };
  if (provider.fallback !== undefined)
    yield {
      code: 'SLOWER_PROVIDER',
      urgency: 'note',
      sentence: `Models run on the processor instead of a GPU or what is configured: ${provider.fallback}`,
      remedy: 'Look at the driver of the GPU and start the service again, or set “providers” to “cpu”.',
      screen: 'models',
    };
  if (lenientOrganizations > 0)
    yield {
      code: 'LENIENT_PROFILES',
      urgency: 'note',
      sentence: `Organizations with a profile that verifies where liveness failed: ${lenientOrganizations}.`,
      values: { count: lenientOrganizations },
      remedy: 'Look at the rule of the check liveness in their profiles.',
      screen: 'profiles',
    };
}

function* aboutKeeping({
  keyCopies,
  backupWarnings = [],
  waitingSweeps = [],
  alteredRows = 0,
}: ApplianceFacts): Generator<Attention> {
  if (alteredRows > 0)
    yield {
      code: 'ROWS_ALTERED',
      urgency: 'now',
      sentence: `Rows of the database that another program wrote or changed, and that are not used: ${alteredRows}.`,
      values: { count: alteredRows },
      remedy: 'Find out who writes to the database; “gatehouse audit verify” names each row and what to do.',
    };
  if (backupWarnings.length > 0)
    yield {
      code: 'BACKUP_TROUBLE',
      urgency: 'now',
      sentence: backupWarnings.join(' '),
      values: { count: backupWarnings.length },
      remedy: 'Make a backup now, and look at where it should go.',
      screen: 'backups',
    };
  if (keyCopies && keyCopies.notCurrent > 0)
    yield {
      code: 'KEY_COPY_BEHIND',
      urgency: 'now',
      sentence: `Copies of the key store that are not up to date: ${keyCopies.notCurrent} of ${keyCopies.places}.`,
      values: { behind: keyCopies.notCurrent, places: keyCopies.places },
      remedy: 'Connect their media; “gatehouse keystore sync” writes them again.',
    };
  if (keyCopies?.places === 0)
    yield {
      code: 'NO_KEY_COPY',
      urgency: 'soon',
      sentence: 'The key store has no copy: without it no backup opens.',
      remedy: 'Add a folder on other media: “gatehouse keystore add DIR”.',
    };
  if (waitingSweeps.length > 0)
    yield {
      code: 'SWEEP_WAITS',
      urgency: 'soon',
      sentence: waitingSweeps.join(' '),
      remedy: 'An operator looks at it on the box: “gatehouse retention waiting”.',
    };
}

function* aboutNetwork({ now, certificate, insecureHttp }: ApplianceFacts): Generator<Attention> {
  if (insecureHttp)
    yield {
      code: 'NO_TLS',
      urgency: 'soon',
      sentence:
        'The service listens beyond this machine without TLS: pictures and keys cross the network in plain.',
      remedy: 'Give it a certificate.',
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
        : 'Renew it, and put the new files where the old ones are; no restart is needed.',
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
