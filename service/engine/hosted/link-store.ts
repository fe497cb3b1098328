import type { Selectable } from 'kysely';
import { defined } from '../../lib/defined.ts';
import type { FlowId, OrganizationId, SessionId, VerificationId, World } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { OwnPlace, Sealer } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { FlowProduct } from '../flows/index.ts';

import type { Realm } from '../subjects/index.ts';
import {
  type HostedLink,
  HostedPage,
  type HostedReason,
  type HostedStatus,
  type WholeLink,
} from './hosted-link.ts';

export type LinkRow = Selectable<Schema['hosted_link']>;
export type LinkSealer = Pick<Sealer, 'sealOwn' | 'openOwn' | 'emailHash'>;

const VERSION = 1;

const pagePlace = ({ id, organization }: { id: string; organization: OrganizationId }): OwnPlace => ({
  organization,
  field: `hosted_link.page/${id}`,
  version: VERSION,
});

/** The table `hosted_link`. */
export function createLinkStore({ db, sealer }: { db: Db; sealer: LinkSealer }) {
  function open(row: LinkRow): WholeLink {
    const link = fromRow(row);
    const place = pagePlace({ id: link.id, organization: link.realm.organization });
    const plain = new TextDecoder().decode(sealer.openOwn(place, row.page_sealed));
    return { ...link, page: HostedPage.parse(JSON.parse(plain)) };
  }
  const rows = (from: Db | Tx) => from.selectFrom('hosted_link').selectAll();

  return {
    async insert(tx: Tx, { page, ...link }: WholeLink, tokenHash: string | null): Promise<void> {
      const { organization, world } = link.realm;
      await tx
        .insertInto('hosted_link')
        .values({
          id: link.id,
          organization,
          world,
          token_hash: tokenHash,
          flow: link.flow ?? null,
          product: link.product,
          page_sealed: sealer.sealOwn(
            pagePlace({ id: link.id, organization }),
            new TextEncoder().encode(JSON.stringify(page)),
          ),
          email_hash: page.email === undefined ? null : sealer.emailHash(organization, page.email),
          created_at: link.createdAt,
          created_by: link.createdBy,
          expires_at: link.expiresAt,
          session: link.session ?? null,
          opened_at: link.openedAt ?? null,
          status: link.status,
          reasons: JSON.stringify(link.reasons),
          completed_at: link.completedAt ?? null,
        })
        .execute();
    },
    async byToken(tokenHash: string, from: Db | Tx = db): Promise<WholeLink | undefined> {
      const row = await rows(from).where('token_hash', '=', tokenHash).executeTakeFirst();
      return row && open(row);
    },
    async bySession(session: SessionId, from: Db | Tx = db): Promise<WholeLink | undefined> {
      const row = await rows(from).where('session', '=', session).executeTakeFirst();
      return row && open(row);
    },
    async find({ organization, world }: Realm, id: string): Promise<HostedLink | undefined> {
      const row = await rows(db)
        .where('id', '=', id)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    /** Links that were not opened in time. */
    async due(now: number, limit: number): Promise<HostedLink[]> {
      const found = await rows(db)
        .where('status', '=', 'PENDING')
        .where('expires_at', '<=', now)
        .where('opened_at', 'is', null)
        .orderBy('expires_at')
        .limit(limit)
        .execute();
      return found.map(fromRow);
    },
    ...linkChanges,
  };
}

const linkChanges = {
  /** False when another browser was first, or the link is over. */
  async take(tx: Tx, id: VerificationId, now: number): Promise<boolean> {
    const { numUpdatedRows } = await tx
      .updateTable('hosted_link')
      .set({ opened_at: now })
      .where('id', '=', id)
      .where('status', '=', 'PENDING')
      .where('opened_at', 'is', null)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  async setSession(tx: Tx, id: VerificationId, session: SessionId): Promise<void> {
    await tx.updateTable('hosted_link').set({ session }).where('id', '=', id).execute();
  },
  /** False for one that is decided already; `unopened`: also for one that was opened. */
  async decide(
    tx: Tx,
    id: VerificationId,
    {
      status,
      reasons,
      at,
      unopened = false,
    }: { status: HostedStatus; reasons: readonly HostedReason[]; at: number; unopened?: boolean },
  ): Promise<boolean> {
    const { numUpdatedRows } = await tx
      .updateTable('hosted_link')
      .set({ status, reasons: JSON.stringify(reasons), completed_at: at })
      .where('id', '=', id)
      .where('status', '=', 'PENDING')
      .$if(unopened, (query) => query.where('opened_at', 'is', null))
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
  async removeOf(tx: Tx, organization: OrganizationId): Promise<void> {
    await tx.deleteFrom('hosted_link').where('organization', '=', organization).execute();
  },
};

export type LinkStore = ReturnType<typeof createLinkStore>;

const fromRow = (row: LinkRow): HostedLink => ({
  id: row.id as VerificationId,
  realm: { organization: row.organization as OrganizationId, world: row.world as World },
  product: row.product as FlowProduct,
  ...defined({
    flow: (row.flow ?? undefined) as FlowId | undefined,
    session: (row.session ?? undefined) as SessionId | undefined,
    openedAt: row.opened_at ?? undefined,
    completedAt: row.completed_at ?? undefined,
  }),
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  status: row.status as HostedStatus,
  reasons: JSON.parse(row.reasons) as HostedReason[],
});
