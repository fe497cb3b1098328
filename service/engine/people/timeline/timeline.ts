import { defined } from '../../../lib/defined.ts';
import type { VerificationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { type Organizations, retentionPolicy } from '../../accounts/index.ts';
import {
  type Actor,
  type AuditAction,
  type Foundation,
  type Moment,
  type MomentKind,
  type MomentsOf,
  momentKinds,
  type PersonalData,
  type Realm,
} from '../../audit/index.ts';
import { DAY } from '../retention/due.ts';
import type { Subjects } from '../subjects/subjects.ts';

export interface TimelineRequest {
  /** The kinds that the reader may see. */
  kinds: readonly MomentKind[];
  actor: Actor;
  request?: string;
}

/** What happened to one person or one verification, the newest first; what is yet to come stands before it. Each is audited as a read. */
export interface Timelines {
  /** By id or e-mail address. Throws SUBJECT_NOT_FOUND. */
  ofPerson(realm: Realm, person: string, order: TimelineRequest): Promise<Timeline>;
  /** Throws NOT_FOUND. */
  ofVerification(realm: Realm, id: VerificationId, order: TimelineRequest): Promise<Timeline>;
}

interface Timeline {
  items: Moment[];
  /** Of some kind there are more than are listed. */
  more: boolean;
}

export interface TimelinesDeps extends Pick<Foundation, 'inTransaction' | 'audit'> {
  organizations: Pick<Organizations, 'get'>;
  subjects: Pick<Subjects, 'get'>;
  personalData: readonly PersonalData[];
}

/** Listed of each kind. */
const MOST = 50;

export function createTimelines(deps: TimelinesDeps): Timelines {
  const { inTransaction, audit, organizations, subjects, personalData } = deps;

  async function momentsOf(realm: Realm, whose: Pick<MomentsOf, 'subject' | 'verification'>) {
    const { unusedDays, verificationDays, deliveryDays } = retentionPolicy(
      await organizations.get(realm.organization),
    );
    const terms = {
      unused: unusedDays * DAY,
      verification: verificationDays * DAY,
      delivery: deliveryDays * DAY,
    };
    const found: Moment[] = [];
    for (const { momentsOf } of personalData)
      found.push(...((await momentsOf?.({ ...realm, ...whose, found, terms, most: MOST + 1 })) ?? []));
    return found;
  }

  const read = (
    { organization, world }: Realm,
    action: AuditAction,
    target: string,
    { actor, request }: TimelineRequest,
  ) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action,
        organization,
        target,
        ...defined({ request }),
        details: { world, part: 'timeline' },
      }),
    );

  return {
    async ofPerson(realm, person, order) {
      const { id } = await subjects.get(realm, person);
      const found = await momentsOf(realm, { subject: id });
      await read(realm, 'subject.read', id, order);
      return shown(found, order.kinds);
    },
    async ofVerification(realm, id, order) {
      const found = await momentsOf(realm, { verification: id });
      if (!found.some(({ kind }) => kind === 'request'))
        throw new Problem('NOT_FOUND', 'No such verification is kept here.');
      await read(realm, 'verification.read', id, order);
      return shown(withRequest(found), order.kinds);
    },
  };
}

/** The line of the decision says nothing that the verdict does not, but the id of the request. */
function withRequest(found: readonly Moment[]): Moment[] {
  const isDecision = ({ kind, says }: Moment) => kind === 'audit' && says === 'verification.decide';
  const request = found.find(isDecision)?.request;
  return found
    .filter((one) => !isDecision(one))
    .map((one) => (one.kind === 'request' ? { ...one, ...defined({ request }) } : one));
}

/** Of one moment, in the order of causes: a request is before its verdict. */
const newestFirst = (a: Moment, b: Moment) => b.at - a.at || causes.indexOf(b.kind) - causes.indexOf(a.kind);
const causes = Object.keys(momentKinds) as MomentKind[];

function shown(found: readonly Moment[], kinds: readonly MomentKind[]): Timeline {
  const ofKinds = Map.groupBy(
    found.filter(({ kind }) => kinds.includes(kind)),
    ({ kind }) => kind,
  );
  const listed = [...ofKinds.values()].map((same) => same.toSorted(newestFirst).slice(0, MOST));
  const items = listed.flat().toSorted(newestFirst);
  return { items: together(items), more: [...ofKinds.values()].some(({ length }) => length > MOST) };
}

const isRead = ({ kind, says = '' }: Moment) => kind === 'audit' && /\.(read|list)$/.test(says);

/** Lines that follow each other, in which the same reader read something, are one: the newest, with how many they are. */
function together(items: readonly Moment[]): Moment[] {
  const joined: Moment[] = [];
  for (const one of items) {
    const last = joined.at(-1);
    if (last && isRead(last) && isRead(one) && last.by === one.by) {
      const { request: _, ...rest } = last;
      joined[joined.length - 1] = { ...rest, times: (last.times ?? 1) + 1 };
    } else joined.push(one);
  }
  return joined;
}
