import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { AuditAction } from './actions.ts';
import { appendLine, type SealPersonal, sealPersonal } from './audit-store.ts';
import type { TimedLine } from './own-end.ts';

/**
 * Who does something, and in which request: an API key, a person at the box (control socket, CLI), a signed-in administrator,
 * a kiosk (with the operator who signed in at it), the person at the page of a live session, or the appliance in one of its own tasks.
 */
export type Actor = (
  | { is: 'key'; key: string }
  | { is: 'operator'; name: string }
  | { is: 'administrator'; administrator: string }
  | { is: 'kiosk'; kiosk: string; administrator?: string }
  | { is: 'session'; session: string }
  | { is: 'appliance'; task: ApplianceTask }
) & {
  /** Stands in the line where the line itself names no request. */
  request?: string;
};

/** Automatic work of the appliance. */
const applianceTasks = [
  'alerts',
  'audit',
  'backups',
  'behavior-challenges',
  'certificate',
  'erasure',
  'gallery-calibration',
  'nodes',
  'retention',
  'sessions',
  'setup',
  'sign-in',
  'start',
  'template-renewal',
  'uniqueness',
  'webhooks',
] as const;
type ApplianceTask = (typeof applianceTasks)[number];

export interface AuditLine {
  actor: Actor;
  /** `<thing>.<verb>`: "organization.create", "subject.enroll", "models.enable". */
  action: AuditAction;
  organization?: OrganizationId;
  target?: string;
  outcome?: 'done' | 'refused';
  request?: string;
  /** Nothing personal: ids, counts, settings. */
  details?: Record<string, unknown>;
  /** Personal details, such as a free-text reason: sealed under that person's key. Needs `organization`. */
  personal?: { subject: SubjectId; values: Record<string, unknown> };
}

/** Written in the same transaction as its change: without the line there is no change. */
export interface Audit {
  add(tx: Tx, line: AuditLine): Promise<void>;
}

export interface AuditDeps {
  ids: Ids;
  clock: Clock;
  sealer: SealPersonal;
  /** Chain that the lines are added to: the id of this node; empty, and unless given, of a service that shares its database with none. */
  chain?: string | undefined;
  /** What is added, before the transaction is done. */
  added?(tx: Tx, place: TimedLine): void;
}

export function createAudit({ ids, clock, sealer, chain = '', added }: AuditDeps): Audit {
  return {
    async add(
      tx,
      { actor, action, organization, target, outcome = 'done', request, details = {}, personal },
    ) {
      const id = ids.next('audit');
      const at = clock.now();
      if (personal && organization === undefined) {
        throw new Error(`The audit line ${action} has personal details but names no organization.`);
      }
      const sealed =
        personal &&
        (await sealPersonal(
          sealer,
          { id, organization: organization!, subject: personal.subject },
          personal.values,
        ));
      const place = await appendLine(tx, chain, {
        id,
        organization: organization ?? null,
        // A lone surrogate would come back from the database as another character, and the hash would not fit.
        actor: describeActor(actor).toWellFormed(),
        action,
        target: target?.toWellFormed() ?? null,
        outcome,
        request: (request ?? actor.request)?.toWellFormed() ?? null,
        details: JSON.stringify(details),
        at,
        subject: personal?.subject ?? null,
        personalSealed: sealed ? Buffer.from(sealed).toString('base64') : null,
      });
      added?.(tx, Object.assign(place, { at }));
    },
  };
}

/**
 * As it is stored: `key:key_…`, `operator:<account>`, `administrator:<id>`, `kiosk:<id>/<administrator>`,
 * `session:<id>` or `appliance:<task>`. Older
 * lines have `operator:gatehouse` where the appliance acted.
 */
export function describeActor(actor: Actor): string {
  switch (actor.is) {
    case 'key':
      return `key:${actor.key}`;
    case 'operator':
      return `operator:${actor.name}`;
    case 'administrator':
      return `administrator:${actor.administrator}`;
    case 'kiosk':
      return `kiosk:${actor.kiosk}${actor.administrator === undefined ? '' : `/${actor.administrator}`}`;
    case 'session':
      return `session:${actor.session}`;
    case 'appliance':
      return `appliance:${actor.task}`;
    default:
      return actor satisfies never;
  }
}

/** The way back from `describeActor`. A kind or a task of another release reads as an operator of that name. */
export function readActor(text: string): Actor {
  const at = text.indexOf(':');
  const kind = text.slice(0, at);
  const name = text.slice(at + 1);
  const task = applianceTasks.find((one) => one === name);
  if (kind === 'key') return { is: 'key', key: name };
  if (kind === 'administrator') return { is: 'administrator', administrator: name };
  if (kind === 'session') return { is: 'session', session: name };
  if (kind === 'kiosk') {
    const [kiosk = '', administrator] = name.split('/');
    return { is: 'kiosk', kiosk, ...(administrator === undefined ? {} : { administrator }) };
  }
  if (kind === 'appliance' && task) return { is: 'appliance', task };
  return { is: 'operator', name };
}
