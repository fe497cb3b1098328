import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type { Db } from '../../storage/transaction.ts';
import { personalContext } from './audit-store.ts';
import type { Moment, MomentsOf } from './personal-data/personal-data.ts';
import {
  jsonOf,
  type Person,
  type PersonalData,
  parseFor,
  readPages,
} from './personal-data/personal-data.ts';

/** Targets whose lines are looked for in one go. */
const CHUNK = 500;

/** Lines about the person, or with one of these targets. */
const linePages = (db: Db, subject: string, targets: readonly string[]) =>
  readPages((after, limit) =>
    db
      .selectFrom('audit')
      .selectAll()
      // The organization is compared by the caller: named here it makes SQLite walk all of its lines for every page.
      .where(({ eb, or }) => or([eb('subject', '=', subject), eb('target', 'in', [subject, ...targets])]))
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute(),
  );

/** Lines are never changed: an erased person's id stays in them, and what is sealed in them opens no more. */
export function createAuditData({ db }: { db: Db }): PersonalData {
  async function* pagesOf({ organization, subject }: Person, targets: readonly string[]) {
    for (let from = 0; from === 0 || from < targets.length; from += CHUNK)
      for await (const page of linePages(db, subject, targets.slice(from, from + CHUNK)))
        yield page.filter((line) => line.organization === organization);
  }

  return {
    tables: {
      audit: {
        columns: ['subject', 'personal_sealed', 'target', 'details'],
        record: { in: 'audit' },
        keepsId: 'Each action and its actor; the lines are chained, so none is taken out.',
      },
    },
    async exportOf(person, { targets, withInternal, open }) {
      const lines = new Map<string, Record<string, unknown>>();
      for await (const page of pagesOf(person, targets)) {
        const isIncluded = ({ subject, action }: (typeof page)[number]) =>
          subject === person.subject && (withInternal || !action.startsWith('hold.'));
        const opened = await open(
          page.map((row) => ({
            context: personalContext({ ...person, id: row.id }),
            sealed: isIncluded(row) ? row.personal_sealed : null,
          })),
        );
        for (const [i, row] of page.entries()) {
          lines.set(row.id, {
            at: time(row.at),
            action: row.action,
            outcome: row.outcome,
            by: row.actor,
            target: row.target ?? undefined,
            request: row.request ?? undefined,
            details: parseFor(person.subject, row.details),
            personal: jsonOf(opened[i]),
          });
        }
      }
      return { audit: [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line) };
    },
    momentsOf: (whose) => linesAbout(db, whose),
  };
}

/** Lines that name the person, the verification or a live session of it as their target. */
async function linesAbout(
  db: Db,
  { organization, subject, verification, found, most }: MomentsOf,
): Promise<Moment[]> {
  const sessions = found.flatMap(({ kind, object }) => (kind === 'session' && object ? [object] : []));
  const targets = verification === undefined ? [subject!] : [verification, ...sessions];
  const rows = await db
    .selectFrom('audit')
    .select(['organization', 'actor', 'action', 'outcome', 'request', 'at'])
    // As in `linePages`.
    .where(({ eb, or }) =>
      or([
        eb('target', 'in', targets),
        ...(verification === undefined ? [eb('subject', '=', subject!)] : []),
      ]),
    )
    // Of one chain this is the order in which they were written, but for a clock that was set back.
    .orderBy('at', 'desc')
    .orderBy('chain', 'desc')
    .orderBy('seq', 'desc')
    .limit(most)
    .execute();
  return rows
    .filter((row) => row.organization === organization)
    .map(({ at, actor, action, outcome, request }) => ({
      at,
      kind: 'audit' as const,
      says: action,
      by: actor,
      ...defined({ request: request ?? undefined }),
      ...(outcome === 'refused' && { refused: true as const }),
    }));
}
