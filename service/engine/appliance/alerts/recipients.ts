import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Organizations, refuseErased } from '../../accounts/index.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import { checkAddress } from './alert-rule.ts';
import { createRecipientStore, normalizeEmail, type Recipient } from './recipient-store.ts';

/** Mails of alerts that one organization sends in an hour, test mails included. */
export const MOST_MAILS = 20;
const HOUR = 3_600_000;

export type Recipients = ReturnType<typeof createRecipients>;

export interface RecipientsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  organizations: Pick<Organizations, 'get'>;
}

/** Approved recipients of an organization's alerts: a leaked key must not send mail to other addresses. */
export function createRecipients(deps: RecipientsDeps) {
  const { db, inTransaction, organizations, audit, clock } = deps;
  const store = createRecipientStore({ db });

  async function add(
    tx: Tx,
    organization: OrganizationId,
    address: string,
    actor: Actor,
  ): Promise<Recipient> {
    const recipient = { address, approvedAt: clock.now(), approvedBy: describeActor(actor) };
    await store.insert(tx, organization, recipient);
    // The log is kept for years, and says that an address was approved, not which.
    await audit.add(tx, { actor, action: 'mail-recipient.approve', organization, target: organization });
    return recipient;
  }

  return {
    page: store.page,

    /** Twice changes nothing. Throws INVALID_REQUEST for a text that is no address, CONFLICT for an erased organization. */
    async approve(organization: OrganizationId, text: string, actor: Actor): Promise<Recipient> {
      refuseErased(await organizations.get(organization));
      const address = checkAddress(text).toLowerCase();
      return inTransaction(async (tx) => {
        const approved = await store.list(organization, tx);
        return approved.find(isOf(address)) ?? (await add(tx, organization, address, actor));
      });
    },

    /** Rules keep naming the address, and nothing more is sent to it. Throws NOT_FOUND. */
    withdraw: (organization: OrganizationId, address: string, actor: Actor): Promise<void> =>
      inTransaction(async (tx) => {
        const approved = (await store.list(organization, tx)).find(isOf(address));
        if (!approved || !(await store.remove(tx, organization, approved.address)))
          throw new Problem('NOT_FOUND', `${address} is not an approved recipient of the organization.`);
        await audit.add(tx, { actor, action: 'mail-recipient.withdraw', organization, target: organization });
      }),

    /**
     * An operator who names an address approves it. Throws RECIPIENT_NOT_APPROVED, with the command, for any other actor.
     */
    async admit(
      tx: Tx,
      organization: OrganizationId,
      addresses: readonly string[],
      actor: Actor,
    ): Promise<void> {
      const approved = await store.list(organization, tx);
      const others = [...new Set(addresses.map((address) => address.toLowerCase()))].filter(
        (address) => !approved.some(isOf(address)),
      );
      if (others.length === 0) return;
      if (actor.is !== 'operator') {
        throw new Problem(
          'RECIPIENT_NOT_APPROVED',
          `Alerts may not be mailed to ${others.join(', ')}: an operator approves each recipient with: gatehouse alert recipient approve --org ${organization} ${others[0]}`,
        );
      }
      for (const address of others) await add(tx, organization, address, actor);
    },

    /** Whether mail may still go there. */
    async isApproved(organization: OrganizationId, address: string): Promise<boolean> {
      const approved = await store.list(organization);
      return approved.some(isOf(address));
    },

    /** How many of these mails may be sent within the hour's limit; they are counted. */
    async takeMails(tx: Tx, organization: OrganizationId, wanted: number): Promise<number> {
      if (wanted === 0) return 0;
      const now = clock.now();
      const sent = await store.countMails(tx, organization, { since: now - HOUR, now });
      const taken = Math.min(wanted, Math.max(0, MOST_MAILS - sent));
      await store.addMails(tx, organization, taken, now);
      return taken;
    },

    /** The organization is being erased. */
    forget: (tx: Tx, organization: OrganizationId): Promise<void> => store.removeAll(tx, organization),
  };
}

const isOf = (address: string) => {
  const wanted = normalizeEmail(address);
  return (one: Recipient) => normalizeEmail(one.address) === wanted;
};
