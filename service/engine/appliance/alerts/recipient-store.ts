import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { OrganizationId } from '../../../lib/id.ts';
import { actor, time } from '../../../lib/record-fields.ts';
import { normalizeEmail } from '../../../storage/email-address.ts';
import { changesRow, countRows } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

export { normalizeEmail };

export const Recipient = z
  .object({
    address: z.string().describe('The address, in lower case'),
    approvedAt: time('Time of the approval'),
    approvedBy: actor,
  })
  .meta({
    id: 'MailRecipient',
    description: 'An address that alerts may be mailed to.',
    examples: [
      { address: 'ops@example.com', approvedAt: '2026-11-20T11:58:00.000Z', approvedBy: 'operator:ada' },
    ],
  });
export type Recipient = z.output<typeof Recipient>;

/** Goes on after a recipient, in the order of the list. */
export interface RecipientPage {
  after?: Pick<Recipient, 'approvedAt' | 'address'>;
  limit: number;
}

/** The tables `mail_recipient` and `sent_mail`. */
export function createRecipientStore({ db }: { db: Db }) {
  return {
    async list(organization: OrganizationId, from: Db | Tx = db): Promise<Recipient[]> {
      const rows = await from
        .selectFrom('mail_recipient')
        .selectAll()
        .where('organization', '=', organization)
        .orderBy('address')
        .execute();
      return rows.map(readRecipient);
    },
    /** The last approved first; those of one moment by address. */
    async page(organization: OrganizationId, { after, limit }: RecipientPage): Promise<Recipient[]> {
      let rows = db.selectFrom('mail_recipient').selectAll().where('organization', '=', organization);
      if (after !== undefined) {
        rows = rows.where((row) =>
          row.or([
            row('approved_at', '<', after.approvedAt),
            row.and([row('approved_at', '=', after.approvedAt), row('address', '>', after.address)]),
          ]),
        );
      }
      const found = await rows.orderBy('approved_at', 'desc').orderBy('address').limit(limit).execute();
      return found.map(readRecipient);
    },
    async insert(tx: Tx, organization: OrganizationId, recipient: Recipient): Promise<void> {
      await tx
        .insertInto('mail_recipient')
        .values({
          organization,
          address: recipient.address,
          approved_at: recipient.approvedAt,
          approved_by: recipient.approvedBy,
        })
        .execute();
    },
    /** False where it was not approved. */
    remove: (tx: Tx, organization: OrganizationId, address: string): Promise<boolean> =>
      tx
        .deleteFrom('mail_recipient')
        .where('organization', '=', organization)
        .where('address', '=', address)
        .$call(changesRow),
    /** With the count of what was mailed, since that is per organization. */
    async removeAll(tx: Tx, organization: OrganizationId): Promise<void> {
      await tx.deleteFrom('mail_recipient').where('organization', '=', organization).execute();
      await tx.deleteFrom('sent_mail').where('organization', '=', organization).execute();
    },
    /** Mails queued after `since` and not after `now`; others are forgotten. */
    async countMails(
      tx: Tx,
      organization: OrganizationId,
      { since, now }: { since: number; now: number },
    ): Promise<number> {
      await tx
        .deleteFrom('sent_mail')
        .where('organization', '=', organization)
        .where((row) => row.or([row('queued_at', '<=', since), row('queued_at', '>', now)]))
        .execute();
      return tx.selectFrom('sent_mail').where('organization', '=', organization).$call(countRows);
    },
    async addMails(tx: Tx, organization: OrganizationId, count: number, now: number): Promise<void> {
      if (count === 0) return;
      const row = { organization, queued_at: now };
      await tx
        .insertInto('sent_mail')
        .values(Array.from({ length: count }, () => row))
        .execute();
    },
  };
}

const readRecipient = (row: Selectable<Schema['mail_recipient']>): Recipient => ({
  address: row.address,
  approvedAt: row.approved_at,
  approvedBy: row.approved_by,
});
