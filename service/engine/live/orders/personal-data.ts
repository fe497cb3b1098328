import { parseJson } from '../../../lib/canonical-json.ts';
import { time } from '../../../lib/time.ts';
import { addressNotHeld, notHeld } from '../../../storage/legal-holds.ts';
import { countRows, deleteRows, moveAddress } from '../../../storage/rows.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { jsonOf, type Person, type PersonalData, type Realm } from '../../audit/index.ts';
import { hostedStatus } from './hosted.ts';
import { type OrderKind, type OrderRow, orderContext, type SealedRequest } from './order-store.ts';
import { presenceStates, type SealedProof } from './presence.ts';
import { registrationState } from './registrations.ts';

/** What the report of a sweep counts each kind as. */
const counts = {
  presence: 'presenceSessions',
  hosted: 'hostedLinks',
  registration: 'registrations',
} as const satisfies Record<OrderKind, string>;

/** Orders that have ended, of no person under a legal hold. */
const oldOrders = (from: Db | Tx, kind: string, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('relying_order as old')
    .where('old.kind', '=', kind)
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.created_at', '<', before)
    .where('old.state', '!=', 'pending')
    .where(notHeld)
    .where(addressNotHeld('old.about_hash'));

/** What was asked for. */
function requestIn(opened: unknown) {
  const { fixed: _, ...request } = (opened ?? {}) as SealedRequest;
  return opened === undefined ? undefined : request;
}

type OwnedRow = OrderRow & { subject: string };

const ordersOf = (db: Db, { organization, subject }: Person): Promise<OwnedRow[]> =>
  db
    .selectFrom('relying_order')
    .selectAll()
    .where('organization', '=', organization)
    .where('subject', '=', subject)
    .orderBy('id')
    .execute() as Promise<OwnedRow[]>;

const linksOfAddress = (db: Db, { organization, world }: Realm, emailHash: string) =>
  db
    .selectFrom('relying_order')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('about_hash', '=', emailHash)
    .where('kind', '=', 'hosted')
    .orderBy('id')
    .execute();

/**
 * Orders that ask for a person, or found one. They go with the person, or with the address that they name: a token of an erased person
 * does not count. Pages of hosted links are sealed under the organization's own key, because no person may have the address.
 */
export const createOrderData = ({ db }: { db: Db }): PersonalData => ({
  tables: {
    relying_order: {
      columns: ['subject', 'about_hash', 'request_sealed', 'proof_sealed'],
      record: { in: 'presence' },
    },
  },
  async forget(tx, subjects) {
    await tx.deleteFrom('relying_order').where('subject', 'in', subjects).execute();
  },
  address: {
    async forget(tx, { organization, world }, emailHash) {
      await tx
        .deleteFrom('relying_order')
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('about_hash', '=', emailHash)
        .execute();
    },
    move: moveAddress('relying_order', 'about_hash'),
  },
  async sealedValues(person) {
    return (await ordersOf(db, person)).flatMap((row) => [
      { context: orderContext(row, 'request'), sealed: row.request_sealed },
      ...(row.proof_sealed ? [{ context: orderContext(row, 'proof'), sealed: row.proof_sealed }] : []),
    ]);
  },
  expires: Object.entries(counts).map(([kind, counted]) => ({
    counted,
    term: 'verificationDays',
    expire: (tx, realm, before, limit) =>
      deleteRows(
        tx
          .deleteFrom('relying_order')
          .where('id', 'in', oldOrders(tx, kind, realm, before).select('old.id').limit(limit)),
      ),
    count: (realm, before) => countRows(oldOrders(db, kind, realm, before)),
  })),
  async exportOf(person, { open, emailHash }) {
    const rows = await ordersOf(db, person);
    const columns = ['request', 'proof'] as const;
    const values = rows.flatMap((row) =>
      columns.map((column) => ({ context: orderContext(row, column), sealed: row[`${column}_sealed`] })),
    );
    const opened = (await open(values)).map(jsonOf);
    const found = rows.map((row, i) => ({
      row,
      request: requestIn(opened[2 * i]),
      proof: opened[2 * i + 1] as SealedProof | undefined,
      terms: parseJson<object>(row.terms) ?? {},
      result: parseJson<ReturnType<typeof JSON.parse>>(row.result) ?? {},
    }));
    const of = (kind: OrderKind) => found.filter(({ row }) => row.kind === kind);
    const links = emailHash === undefined ? [] : await linksOfAddress(db, person, emailHash);
    return {
      presence: of('presence').map(({ row, request, proof, result }) => ({
        id: row.id,
        at: time(row.created_at),
        request,
        state: presenceStates[row.state as keyof typeof presenceStates],
        reason: result.reason,
        decidedAt: time(row.ended_at),
        email: proof?.email,
        by: row.created_by,
      })),
      hostedLinks: links.map((row) => ({
        id: row.id,
        product: parseJson<{ product?: string }>(row.terms)?.product,
        createdAt: time(row.created_at),
        createdBy: row.created_by,
        expiresAt: time(row.expires_at),
        status: hostedStatus(row.state),
        completedAt: time(row.ended_at),
      })),
      registrations: of('registration').map(({ row, request, terms, result }) => ({
        id: row.id,
        request,
        ...terms,
        createdAt: time(row.created_at),
        createdBy: row.created_by,
        state: registrationState(row.state),
        failure: result.failure,
        humannessScore: result.humanness,
        uniqueHumanId: result.humanId,
        completedAt: time(row.ended_at),
      })),
    };
  },
  auditTargets: async (person) => (await ordersOf(db, person)).map(({ id }) => id),
});
