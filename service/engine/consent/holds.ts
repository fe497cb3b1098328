import { defined } from '../../lib/defined.ts';
import type { HoldId, OrganizationId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { type Actor, type AuditAction, describeActor, type Foundation } from '../audit/index.ts';
import type { Person } from './consent.ts';
import { isEnrolled } from './consent-store.ts';
import { createHoldStore, type HoldRow, type HoldSealer } from './hold-store.ts';

export interface Hold extends HoldRow {
  /** Text of the operator; absent once the person's key is destroyed. */
  reason?: string;
  /** The reason is damaged on the disk. */
  unreadable?: true;
}

/** Legal holds: while one is active, neither a sweep nor an operator erases the person, and none of their templates goes. */
export interface Holds {
  /** A person may be under several. Throws SUBJECT_NOT_FOUND. */
  place(person: Person, reason: string, actor: Actor, request?: string): Promise<HoldId>;
  /** The person's only active hold, or the one named. Throws NOT_FOUND, or CONFLICT when there are several to choose from. */
  release(person: Person, hold: string | undefined, actor: Actor, request?: string): Promise<HoldId>;
  /** Active ones, the newest first. Who read them is in the audit log, since a reason is personal. */
  page(
    realm: { organization: OrganizationId; world: World },
    page: { limit: number; before?: string },
    actor: Actor,
    request?: string,
  ): Promise<{ holds: Hold[]; next?: string }>;
}

export interface HoldsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  sealer: HoldSealer;
}

export function createHolds({ db, inTransaction, sealer, audit, ids, clock }: HoldsDeps): Holds {
  const store = createHoldStore({ db, sealer });
  const line = (
    actor: Actor,
    action: AuditAction,
    request: string | undefined,
    { organization }: { organization: OrganizationId },
  ) => ({
    actor,
    action,
    organization,
    ...defined({ request }),
  });
  return {
    async place(person, reason, actor, request) {
      const id = ids.next('hold');
      const sealed = await store.sealReason(person, id, reason);
      await inTransaction(async (tx) => {
        if (!(await isEnrolled(tx, person)))
          throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
        await store.insert(tx, person, { id, reason: sealed, by: describeActor(actor), at: clock.now() });
        await audit.add(tx, {
          ...line(actor, 'hold.place', request, person),
          target: person.subject,
          details: { world: person.world, hold: id },
          personal: { subject: person.subject, values: { reason } },
        });
      });
      return id;
    },
    release: (person, named, actor, request) =>
      inTransaction(async (tx) => {
        const active = await store.active(tx, person.subject);
        const exists = await isEnrolled(tx, person);
        if (!exists || active.length === 0)
          throw new Problem('NOT_FOUND', 'The person is under no legal hold.');
        if (named === undefined && active.length > 1) {
          throw new Problem(
            'CONFLICT',
            `The person is under ${active.length} holds: name the one to release with --hold: ${active.join(', ')}.`,
          );
        }
        const id = named === undefined ? active[0]! : active.find((one) => one === named);
        if (id === undefined)
          throw new Problem(
            'NOT_FOUND',
            `The person is under no active hold ${named}: there is ${active.join(', ')}.`,
          );
        await store.release(tx, id, describeActor(actor), clock.now());
        await audit.add(tx, {
          ...line(actor, 'hold.release', request, person),
          target: person.subject,
          details: { world: person.world, hold: id, left: active.length - 1 },
        });
        return id as HoldId;
      }),
    async page(realm, page, actor, request) {
      const { limit } = page;
      const found = await store.page(realm, { ...page, limit: limit + 1 });
      const holds = found.slice(0, limit);
      await inTransaction((tx) =>
        audit.add(tx, {
          ...line(actor, 'hold.list', request, realm),
          details: { world: realm.world, holds: holds.map(({ id }) => id) },
        }),
      );
      return found.length > limit ? { holds, next: holds.at(-1)!.id } : { holds };
    },
  };
}
