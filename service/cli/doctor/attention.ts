import type { Schemas } from '../../../sdk/admin/client.ts';
import { asTyped } from '../invocation.ts';
import type { Detail, Finding } from './checks.ts';

/** What the doctor calls the subject of an item. */
const subjects: Readonly<Record<string, string>> = {
  STORAGE_FULL: 'storage',
  STORAGE_UNAVAILABLE: 'storage',
  NOT_READY: 'service',
  LINES_LOST: 'record',
  NODE_SILENT: 'nodes',
  NODE_LAGS: 'nodes',
  NODE_DRAINED: 'nodes',
  STANDBY_GONE: 'standby',
  MODEL_DAMAGED: 'imported models',
  LIVENESS_NOT_INSTALLED: 'presentation attack detection',
  SLOWER_PROVIDER: 'execution provider',
  MATCH_ONLY_ORGANIZATIONS: 'match-only',
  LENIENT_ORGANIZATIONS: 'liveness',
  PEOPLE_UNREACHABLE: 'templates',
  GALLERY_TOO_LARGE: 'people',
  GALLERY_NEARLY_TOO_LARGE: 'people',
  GALLERIES_NOT_MEASURED: 'error rates',
  TEMPLATES_DOUBTFUL: 'templates',
  CONSENT_MISSING: 'consent',
  SETUPS_UNFINISHED: 'setup',
  MASTER_KEY_BESIDE_DATA: 'master key',
  MASTER_KEY_BESIDE_COPY: 'master key',
  KEY_COPY_BEHIND: 'copies of the key store',
  NO_KEY_COPY: 'copies of the key store',
  ONE_KEY_COPY: 'copies of the key store',
  BACKUP_TROUBLE: 'backups',
  NO_BACKUP: 'backups',
  BACKUP_OLD: 'backups',
  BACKUP_NOT_PROVEN: 'backups',
  ROWS_ALTERED: 'altered rows',
  ERASURES_PENDING: 'erasures',
  KEYS_WITHOUT_PERSON: 'keys without a person',
  ALERTS_OPEN: 'alerts',
  WEBHOOKS_FAIL: 'webhooks',
  GRANTS_MISSING: 'grants',
  DEAD_JOBS: 'dead jobs',
  CLOCK_DOUBTFUL: 'retention',
  SWEEP_WAITS: 'retention',
  NO_TLS: 'encryption',
  CERTIFICATE_ENDS: 'encryption',
  CERTIFICATE_ENDED: 'encryption',
};

/** Said by a check of the machine, which is there without a box. */
const ofTheMachine = new Set(['LITTLE_ROOM']);

/**
 * The items of `/health` and the console, in their words: `now` fails, the others warn. What needs none is said with its detail. The most urgent first
 * among what needs attention, after what is well.
 */
export function withAttention(
  details: readonly Detail[],
  attention: readonly Schemas['Attention'][],
): Finding[] {
  const items = attention.filter(({ code }) => !ofTheMachine.has(code));
  const nameOf = ({ code }: Schemas['Attention']) =>
    subjects[code] ?? code.toLowerCase().replaceAll('_', ' ');
  const named = new Set(items.map(nameOf));
  return [
    ...details
      .filter(({ what }) => !named.has(what))
      .map(({ what, found }): Finding => ({ what, state: 'ok', found })),
    ...items.map((item): Finding => {
      const what = nameOf(item);
      const own = details.filter((one) => one.what === what).map(({ found }) => found);
      const more = item.values?.reason === undefined ? own : [asTyped(String(item.values.reason)), ...own];
      return {
        what,
        state: item.urgency === 'now' ? 'fail' : 'warn',
        found: item.sentence,
        ...(more.length > 0 && { why: `Here: ${more.join('; ')}` }),
        remedy: asTyped(item.remedy),
      };
    }),
  ];
}
