import { sql } from 'kysely';
import type { OrganizationId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

/** What is kept of a window of a confirmed person. */
export interface ConfirmedFigure {
  organization: OrganizationId;
  /** Keyed hash. */
  person: string;
  /** SHA-256 of the weights that gave `z`. */
  weights: string;
  z: number;
  /** ms since 1970, whole days. */
  day: number;
  /** The person that the session recognized. */
  subject: string | null;
  /** Keyed hash of the address that the session was for, where it recognized no person. */
  email_hash: string | null;
}

/** Of one person: more would let one set the zero. */
const MOST_OF_PERSON = 40;
/** Of one organization, whatever its traffic. */
const MOST = 50_000;

/** Beyond the most of a person nothing is added. */
export async function addFigures(tx: Tx, figures: readonly ConfirmedFigure[]): Promise<void> {
  const [first] = figures;
  if (!first) return;
  const { kept } = await tx
    .selectFrom('behavior_confirmed')
    .select(({ fn }) => fn.countAll<number>().as('kept'))
    .where('organization', '=', first.organization)
    .where('person', '=', first.person)
    .executeTakeFirstOrThrow();
  const left = figures.slice(0, Math.max(0, MOST_OF_PERSON - Number(kept)));
  if (left.length > 0) await tx.insertInto('behavior_confirmed').values(left).execute();
}

export const selectFigures = (
  db: Db,
  organization: string,
  weights: string,
): Promise<{ person: string; z: number }[]> =>
  db
    .selectFrom('behavior_confirmed')
    .select(['person', 'z'])
    .where('organization', '=', organization)
    .where('weights', '=', weights)
    .orderBy('day', 'desc')
    .limit(MOST)
    .execute();

export async function deleteFiguresBefore(tx: Tx, day: number): Promise<void> {
  await tx.deleteFrom('behavior_confirmed').where('day', '<', day).execute();
}

/** All but the newest of an organization that has more than are read. */
export async function deleteSurplus(tx: Tx, organization: string): Promise<void> {
  await sql`delete from behavior_confirmed where organization = ${organization} and day < (
    select day from behavior_confirmed where organization = ${organization} order by day desc limit 1 offset ${MOST})`.execute(
    tx,
  );
}

/** All figures of the people, also of sessions under the same name of the caller that did not recognize them. */
export async function deleteFiguresOfPeople(tx: Tx, subjects: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('behavior_confirmed')
    .where('person', 'in', (from) =>
      from
        .selectFrom('behavior_confirmed as known')
        .select('known.person')
        .where('known.subject', 'in', subjects),
    )
    .execute();
}

/** The same of sessions that were for the address and recognized no person. */
export async function deleteFiguresOfAddress(tx: Tx, organization: string, emailHash: string): Promise<void> {
  await tx
    .deleteFrom('behavior_confirmed')
    .where('person', 'in', (from) =>
      from
        .selectFrom('behavior_confirmed as known')
        .select('known.person')
        .where('known.organization', '=', organization)
        .where('known.email_hash', '=', emailHash),
    )
    .execute();
}

export async function deleteFiguresOfOrganization(tx: Tx, organization: string): Promise<void> {
  await tx.deleteFrom('behavior_confirmed').where('organization', '=', organization).execute();
}
