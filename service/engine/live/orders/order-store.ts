import type { Selectable } from 'kysely';
import { z } from 'zod';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { OrganizationId, SessionId, SubjectId, World } from '../../../lib/id.ts';
import { hashLinkToken } from '../../../lib/link-token.ts';
import { Problem } from '../../../lib/problem.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import { changesRow, readablePage } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { SealContext } from '../../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Realm } from '../../people/index.ts';
import { createOwnerSeal, NO_PERSON, type OwnerSealer } from '../sessions/sealed-store.ts';

export type OrderKind = 'hosted' | 'registration' | 'presence';

/** `replaced`: the same was ordered again before it ended. */
export type OrderState = 'pending' | 'passed' | 'failed' | 'expired' | 'replaced';

export type OrderRow = Selectable<Schema['relying_order']>;

/** What a relying party asks of one person, as it stands now: one that was not opened in time has expired, also before its row says so. */
export interface Order<Terms, Result> extends Omit<OrderRow, 'kind' | 'state' | 'terms' | 'result'> {
  kind: OrderKind;
  realm: Realm;
  state: OrderState;
  /** What was ordered, as far as it names no person. */
  terms: Terms;
  /** What came of it; empty before. */
  result: Result;
}

export interface NewOrder<Terms> {
  id: string;
  realm: Realm;
  /** As `describeActor` wrote it. */
  createdBy: string;
  /** Milliseconds from now until which it can be opened. */
  life: number;
  /** Of its link; absent for a visit, which begins at once with its session. */
  token?: string;
  session?: SessionId;
  /** Keyed hash of the person that it names: an e-mail address, or the caller's own name of a user. */
  about?: string;
  /** Under whose key it is sealed; else under the organization's own. */
  subject?: SubjectId;
  /** Who alone may read it; else every key of the organization. */
  lineage?: string;
  terms: Terms;
}

export interface Ending<Result> {
  state: Exclude<OrderState, 'pending'>;
  result?: Result;
  /** The person who was there: what was asked is sealed under their key from now on. */
  subject?: SubjectId;
  /** Kept sealed beside it. */
  proof?: object;
}

/** What every kind of order holds of its caller's, and how a test person ends it. */
export interface CommonTerms {
  testOutcome?: TestOutcome;
}

type Column = 'request' | 'proof';
type Owner = Pick<OrderRow, 'id' | 'organization' | 'world' | 'subject'> & { kind: string };

/** What is never changed of an order, and lies plain. */
type Fixed = Pick<OrderRow, 'created_by' | 'lineage' | 'expires_at' | 'terms'>;

/** Sealed with the request: an order of which another program changed one of these opens no more. */
const fixedOf = ({ created_by, lineage, expires_at, terms }: Fixed): string =>
  JSON.stringify([created_by, lineage, expires_at, terms]);

/** As it is sealed. */
export type SealedRequest = { fixed?: string };

const VERSION = 1;
/** After the tables that each kind had up to 0.1, so that what they sealed opens. */
const sealedAs: Readonly<Record<string, string>> = {
  hosted: 'hosted_link.page',
  registration: 'registration.request',
  presence: 'presence_session.request',
};
export const orderContext = (
  { id, kind, organization, world, subject }: Owner,
  column: Column,
): SealContext => ({
  organization: organization as OrganizationId,
  world: world as World,
  subject: (subject ?? NO_PERSON) as SubjectId,
  field: `${column === 'proof' ? 'presence_session.token' : sealedAs[kind]}/${id}`,
  version: VERSION,
});

const text = z.string().optional();
const number = z.number().optional();
/** The columns `terms` and `result` of every kind: the name of a member is a word of the service. */
export const StoredTerms = z.strictObject({
  testOutcome: text,
  ttlSeconds: number,
  singleUse: number,
  product: text,
  flow: text,
  region: text,
  dataRequest: z.unknown().optional(),
});
export const StoredResult = z.strictObject({
  reason: text,
  jti: text,
  tokenExpiresAt: number,
  failure: text,
  humanness: number,
  humanId: text,
  reasons: z.array(z.string()).optional(),
});

/** The orders of one kind in the table `relying_order`. */
export function createOrderStore<Request extends object, Terms, Result>(
  { db, sealer, clock }: { db: Db; sealer: OwnerSealer; clock: Clock },
  kind: OrderKind,
  RequestSchema: z.ZodType<Request>,
) {
  type Stored = Order<Terms, Result>;
  const rows = (from: Db | Tx) => from.selectFrom('relying_order').selectAll().where('kind', '=', kind);

  /** None for a damaged row: it is not opened, and its time ends it. */
  function read(row: OrderRow): Stored | undefined {
    const terms = parseJson<Terms>(row.terms);
    const result = parseJson<Result>(row.result);
    if (terms === undefined || !StoredTerms.safeParse(terms).success) return undefined;
    if (result === undefined || !StoredResult.safeParse(result).success) return undefined;
    const isOver = row.ends_at !== null && row.ends_at <= clock.now();
    return {
      ...row,
      kind,
      realm: { organization: row.organization as OrganizationId, world: row.world as World },
      state: isOver ? 'expired' : (row.state as OrderState),
      terms,
      result,
    };
  }
  const readOne = async (query: { executeTakeFirst(): Promise<OrderRow | undefined> }) => {
    const row = await query.executeTakeFirst();
    return row && read(row);
  };

  const owned = createOwnerSeal(sealer);
  const seal = (owner: Owner, column: Column, value: object): Promise<Uint8Array> =>
    owned.seal(orderContext(owner, column), new TextEncoder().encode(JSON.stringify(value)));
  const sealRequest = (owner: Owner & Fixed, request: Request) =>
    seal(owner, 'request', { ...request, fixed: fixedOf(owner) });
  /** Undefined once the person was erased, and for what was changed on disk. */
  async function open(order: Owner, column: Column, sealed: Uint8Array | null): Promise<unknown> {
    const opened = sealed && (await owned.open(orderContext(order, column), sealed));
    return opened?.is === 'open' ? JSON.parse(new TextDecoder().decode(opened.plain)) : undefined;
  }
  async function requestOf(order: Stored): Promise<Request | undefined> {
    const found = (await open(order, 'request', order.request_sealed)) as SealedRequest | undefined;
    if (found === undefined) return undefined;
    const { fixed, ...request } = found;
    // Releases before 0.2 sealed none.
    return fixed !== undefined && fixed !== fixedOf({ ...order, terms: JSON.stringify(order.terms) })
      ? undefined
      : RequestSchema.parse(request);
  }

  return {
    requestOf,
    proofOf: (order: Stored) => open(order, 'proof', order.proof_sealed),
    /** Under the organization's own key where the person is being erased. */
    async insert(tx: Tx, order: NewOrder<Terms>, request: Request): Promise<Stored> {
      const { id, realm, token, session = null, about = null, subject = null, lineage = '', terms } = order;
      const now = clock.now();
      const expiresAt = now + order.life;
      const fixed = {
        created_by: order.createdBy,
        lineage,
        expires_at: expiresAt,
        terms: JSON.stringify(terms),
      };
      const owner = { id, kind, ...realm, subject, ...fixed };
      const sealed = await sealRequest(owner, request).catch((error) => {
        if (subject === null || !isErased(error)) throw error;
        owner.subject = null;
        return sealRequest(owner, request);
      });
      const row: OrderRow = {
        ...owner,
        token_hash: token === undefined ? null : hashLinkToken(token),
        about_hash: about,
        created_at: now,
        ends_at: session === null ? expiresAt : null,
        session,
        opened_at: session && now,
        state: 'pending',
        ended_at: null,
        result: '{}',
        request_sealed: sealed,
        proof_sealed: null,
      };
      await tx.insertInto('relying_order').values(row).execute();
      return read(row)!;
    },
    find: ({ organization, world }: Realm, id: string) =>
      readOne(
        rows(db).where('id', '=', id).where('organization', '=', organization).where('world', '=', world),
      ),
    /** None for one that was replaced. */
    byToken: (token: string) =>
      readOne(rows(db).where('token_hash', '=', hashLinkToken(token)).where('state', '!=', 'replaced')),
    bySession: (session: SessionId, from: Db | Tx = db) => readOne(rows(from).where('session', '=', session)),
    /** The newest about someone that no other replaced. */
    newest: (from: Db | Tx | undefined, { organization, world }: Realm, about: string) =>
      readOne(
        rows(from ?? db)
          .where('organization', '=', organization)
          .where('world', '=', world)
          .where('about_hash', '=', about)
          .where('state', '!=', 'replaced')
          .orderBy('id', 'desc')
          .limit(1),
      ),
    /** The newest first; `before`: ids that are smaller. */
    async page(
      { organization, world }: Realm,
      { lineage = '', before, limit }: { lineage?: string; before?: string; limit: number },
    ): Promise<Stored[]> {
      const page = (from: string | undefined) =>
        rows(db)
          .where('organization', '=', organization)
          .where('world', '=', world)
          .where('lineage', '=', lineage)
          .$if(from !== undefined, (query) => query.where('id', '<', from!))
          .orderBy('id', 'desc')
          .limit(limit)
          .execute();
      return readablePage(page, { before, limit }, read);
    },
    /** Whose time is over; `damaged`: the ids of those that cannot be read. */
    async due(limit: number): Promise<{ orders: Stored[]; damaged: string[] }> {
      const found = await rows(db)
        .where('ends_at', '<=', clock.now())
        .where('state', '=', 'pending')
        .orderBy('ends_at')
        .limit(limit)
        .execute();
      return {
        orders: found.flatMap((row) => read(row) ?? []),
        damaged: found.filter((row) => !read(row)).map(({ id }) => id),
      };
    },
    /** The damaged one that this session would end. */
    async endDamagedOf(tx: Tx, session: SessionId): Promise<void> {
      const row = await rows(tx).where('session', '=', session).executeTakeFirst();
      if (row && !read(row)) await this.endDamaged(tx, [row.id]);
    },
    /** Without an event: what was ordered is not known. */
    async endDamaged(tx: Tx, ids: readonly string[]): Promise<void> {
      if (ids.length === 0) return;
      await tx
        .updateTable('relying_order')
        .set({ state: 'expired', ended_at: clock.now(), ends_at: null })
        .where('id', 'in', ids)
        .where('state', '=', 'pending')
        .execute();
    },
    /** Its link is used up for this session, which ends it from then on; `timed`: its time does too. False when another browser was first, or it is over. */
    async take(tx: Tx, { id }: Stored, session: SessionId, timed: boolean): Promise<boolean> {
      const now = clock.now();
      return tx
        .updateTable('relying_order')
        .set({ session, opened_at: now, ...(!timed && { ends_at: null }) })
        .where('id', '=', id)
        .where('opened_at', 'is', null)
        .where('ends_at', '>', now)
        .$call(changesRow);
    },
    /**
     * False where it has ended meanwhile, or its time is over and this says otherwise; `unopened`: also where it was opened. Throws
     * SUBJECT_NOT_FOUND while the person is being erased.
     */
    async end(tx: Tx, order: Stored, ending: Ending<Result>, unopened = false): Promise<boolean> {
      const { state, result = {}, subject = order.subject, proof } = ending;
      const now = clock.now();
      const owner = { ...order, subject, terms: JSON.stringify(order.terms) };
      const asked = subject === order.subject ? undefined : await requestOf(order);
      return tx
        .updateTable('relying_order')
        .set({
          state,
          result: JSON.stringify(result),
          ended_at: now,
          ends_at: null,
          ...(asked && { subject, request_sealed: await sealRequest(owner, asked) }),
          ...(proof && { proof_sealed: await seal(owner, 'proof', proof) }),
        })
        .where('id', '=', order.id)
        .where('state', '=', 'pending')
        .where(({ eb, or }) => {
          if (order.state === 'expired') return eb('ends_at', '<=', now);
          const inTime = eb('ends_at', '>', now);
          return unopened ? inTime.and('opened_at', 'is', null) : or([inTime, eb('ends_at', 'is', null)]);
        })
        .$call(changesRow);
    },
  };
}

export type OrderStore<Request extends object, Terms, Result> = ReturnType<
  typeof createOrderStore<Request, Terms, Result>
>;

export const isErased = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'SUBJECT_NOT_FOUND';

/** Of an organization that is erased. May be called again. */
export async function deleteOrdersOf(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('relying_order').where('organization', '=', organization).execute();
}
