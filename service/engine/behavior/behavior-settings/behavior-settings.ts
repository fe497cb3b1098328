import { foldCase } from '../../../lib/fold-case.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import { selectBehaviorSettings, updateBehaviorSettings } from './behavior-settings-store.ts';
import type { BehaviorSettings } from './settings.ts';

/** How an organization has its users' behavior judged. */
export interface BehaviorSettingsOf {
  /** Inside a transaction, with its `tx`. Throws NOT_FOUND. */
  get(organization: OrganizationId, from?: Db | Tx): Promise<BehaviorSettings>;
  /** Only what is named changes. Throws NOT_FOUND, INVALID_REQUEST for two agents of one name or key. */
  set(
    organization: OrganizationId,
    change: Partial<BehaviorSettings>,
    actor: Actor,
  ): Promise<BehaviorSettings>;
  /** The row of an organization was accepted as it is: what is in memory of it is read again. */
  forgetRead(): void;
}

export interface BehaviorSettingsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit'> {
  integrity: RowIntegrity;
}

export function createBehaviorSettings({
  db,
  inTransaction,
  audit,
  integrity,
}: BehaviorSettingsDeps): BehaviorSettingsOf {
  /** One entry per organization that was ever asked for. */
  const known = new Map<OrganizationId, BehaviorSettings>();
  const reading = new Map<OrganizationId, Promise<BehaviorSettings>>();

  async function read(organization: OrganizationId, from: Db | Tx): Promise<BehaviorSettings> {
    return (await selectBehaviorSettings(from, integrity, organization)) ?? refuseUnknown(organization);
  }

  async function readOnce(organization: OrganizationId): Promise<BehaviorSettings> {
    const begun = reading.get(organization) ?? read(organization, db);
    reading.set(organization, begun);
    try {
      const settings = await begun;
      // Changed meanwhile: the change is newer.
      if (reading.get(organization) === begun) known.set(organization, settings);
      return settings;
    } finally {
      if (reading.get(organization) === begun) reading.delete(organization);
    }
  }

  return {
    // A read of another request waits for the transaction that asks here: it is not waited for inside one.
    get: async (organization, from = db) =>
      known.get(organization) ?? (from === db ? readOnce(organization) : read(organization, from)),
    async set(organization, change, actor) {
      if (Object.keys(change).length === 0)
        throw new Problem('INVALID_REQUEST', 'Name at least one setting.');
      if (change.agents) checkAgents(change.agents);
      const after = await inTransaction(async (tx) => {
        const before =
          (await selectBehaviorSettings(tx, integrity, organization)) ?? refuseUnknown(organization);
        const settings = { ...before, ...change };
        await updateBehaviorSettings(tx, integrity, organization, settings);
        const details = { from: before, to: settings };
        await audit.add(tx, { actor, action: 'behavior.set', organization, target: organization, details });
        return settings;
      });
      reading.delete(organization);
      known.set(organization, after);
      return after;
    },
    forgetRead() {
      reading.clear();
      known.clear();
    },
  };
}

function checkAgents(agents: BehaviorSettings['agents']): void {
  const names = agents.map(({ name }) => foldCase(name.normalize('NFKC')));
  const keys = agents.flatMap((one) => one.keys);
  if (new Set(names).size === names.length && new Set(keys).size === keys.length) return;
  const message = 'Each agent needs a name and keys of its own.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'agents', message }] });
}

function refuseUnknown(organization: OrganizationId): never {
  throw new Problem('NOT_FOUND', `No organization has the id ${organization}.`);
}
