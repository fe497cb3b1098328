import { type Access, createAccess } from '../engine/access/index.ts';
import type { Actor } from '../engine/audit/index.ts';
import { createLimits, type Limits } from '../engine/limits/index.ts';
import { createOrganizations, type Organizations } from '../engine/organizations/index.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';

export interface Callers {
  organizations: Organizations;
  limits: Limits;
  access: Access;
}

/** The task that the appliance names in the audit log where it ends what an earlier run began. */
export const appliance: Actor = { is: 'appliance', task: 'start' };

/** Organizations, their API keys, and what these may ask. */
export async function openCallers({
  config,
  ground,
  vault,
  opened,
  audit,
}: Base & Audited): Promise<Callers> {
  const organizations = createOrganizations({ ...ground, audit });
  const limits = createLimits({ ...ground, audit, refusedPerMinute: config.refusedKeysPerMinute });
  await limits.load();
  opened.defer(() => limits.flush());
  const access = createAccess({
    ...ground,
    integrity: vault.integrity,
    audit,
    refusals: limits.refusals,
  });
  opened.defer(() => access.settled());
  await access.alteredKeys();
  return { organizations, limits, access };
}
