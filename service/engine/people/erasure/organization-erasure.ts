import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Access, Organizations } from '../../accounts/index.ts';
import type { Actor, Audit, AuditAction } from '../../audit/index.ts';
import type { Subjects } from '../subjects/subjects.ts';
import type { Erasure } from './erasure.ts';
import type { CopyOfReceipt } from './ledger.ts';

/** How far the erasure of an organization has come. */
export interface OrganizationErased {
  erased: SubjectId[];
  /** People left in both worlds. */
  left: number;
  /** No people are left, and the secrets of the organization are destroyed. */
  done: boolean;
  /** Copies of the key store, once `done`: those that could not be reached still hold the secrets. */
  copies: CopyOfReceipt[];
}

export interface OrganizationErasure {
  /**
   * First revokes every API key, so that no person is enrolled any more; then erases up to `limit` people of both worlds; when
   * none is left, removes the sites, webhooks, alert rules, grants and administrators, and destroys the organization's own secrets. To be called until it is `done`. The empty
   * organization stays, marked as erased: the audit log, the figures of verifications and the receipts name it. Throws
   * CONFIRMATION_REQUIRED unless `confirm` is its name, and LEGAL_HOLD when a person is held.
   */
  erase(
    organization: OrganizationId,
    order: { confirm?: string; limit: number; actor: Actor; request?: string },
  ): Promise<OrganizationErased>;
}

export interface OrganizationErasureDeps {
  erasure: Pick<Erasure, 'eraseMany' | 'held'>;
  organizations: Pick<Organizations, 'get' | 'listSites' | 'removeSite' | 'markErased'>;
  access: Pick<Access, 'listKeys' | 'revokeKey'>;
  subjects: Pick<Subjects, 'count'>;
  sealer: {
    /** Throws CONFLICT while a person has a key. */
    replaceOrganization(organization: OrganizationId): Promise<{ copies: CopyOfReceipt[] }>;
  };
  /** Before its people are erased: what would keep them. */
  beginnings?: readonly ((organization: OrganizationId, actor: Actor) => Promise<unknown>)[];
  /** What else goes with it, each of which may be called again: webhooks, alert rules, grants, gallery figures, administrators. */
  endings?: readonly ((organization: OrganizationId, actor: Actor) => Promise<unknown>)[];
  inTransaction: InTransaction;
  audit: Audit;
}

const worlds: readonly World[] = ['live', 'test'];

export function createOrganizationErasure({
  erasure,
  organizations,
  access,
  subjects,
  sealer,
  beginnings = [],
  endings = [],
  inTransaction,
  audit,
}: OrganizationErasureDeps): OrganizationErasure {
  async function countPeople(organization: OrganizationId): Promise<number> {
    const counts = await Promise.all(worlds.map((world) => subjects.count({ organization, world })));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async function erasePage(
    organization: OrganizationId,
    order: { limit: number; actor: Actor; request?: string },
  ): Promise<SubjectId[]> {
    const erased: SubjectId[] = [];
    for (const world of worlds) {
      const realm = { organization, world };
      const confirm = await subjects.count(realm);
      const limit = order.limit - erased.length;
      if (confirm === 0 || limit < 1) continue;
      const page = await erasure.eraseMany(realm, { ...order, confirm, limit });
      erased.push(...page.erased);
    }
    return erased;
  }

  return {
    async erase(organization, { confirm, ...order }) {
      await requireErasable({ organizations, erasure }, organization, confirm);
      const { actor, request } = order;
      for (const { id, revokedAt } of await access.listKeys(organization)) {
        if (revokedAt === undefined) await access.revokeKey(organization, id, actor);
      }
      for (const begin of beginnings) await begin(organization, actor);
      const erased = await erasePage(organization, order);
      const left = await countPeople(organization);
      if (left > 0) return { erased, left, done: false, copies: [] };
      for (const { id } of await organizations.listSites(organization)) {
        await organizations.removeSite(organization, id, actor);
      }
      for (const end of endings) await end(organization, actor);
      const note = (tx: Tx, action: AuditAction, details: Record<string, unknown> = {}) =>
        audit.add(tx, {
          actor,
          action,
          organization,
          target: organization,
          ...defined({ request }),
          details,
        });
      // The keys are in another database: the line is written first, so that nothing is destroyed without one.
      await inTransaction((tx) => note(tx, 'organization.erase.begin'));
      const { copies } = await sealer.replaceOrganization(organization);
      await inTransaction(async (tx) => {
        await organizations.markErased(tx, organization);
        await note(tx, 'organization.erase', {
          copies: copies.length,
          unreachable: copies.filter(({ state }) => state !== 'destroyed').length,
        });
      });
      // A person whose enrollment was under way until the mark; from here on none is added.
      const late = await countPeople(organization);
      return { erased, left: late, done: late === 0, copies };
    },
  };
}

/** Throws CONFIRMATION_REQUIRED and LEGAL_HOLD. */
async function requireErasable(
  { organizations, erasure }: Pick<OrganizationErasureDeps, 'organizations' | 'erasure'>,
  organization: OrganizationId,
  confirm: string | undefined,
): Promise<void> {
  const { name } = await organizations.get(organization);
  if (confirm !== name) {
    throw new Problem(
      'CONFIRMATION_REQUIRED',
      `Nothing was erased. To erase the organization and all its people, send confirm with its name: ${name}.`,
    );
  }
  const held = await erasure.held(organization);
  if (held.length === 0) return;
  throw new Problem(
    'LEGAL_HOLD',
    `Nothing was erased: ${held.join(', ')} ${held.length === 1 ? 'is' : 'are'} under a legal hold. Release it before the organization is erased.`,
  );
}
