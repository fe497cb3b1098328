import {
  createKeyCustody,
  createKeyPlaces,
  createTemplateRenewals,
  type KeyCustody,
  type KeyPlaces,
  type TemplateRenewals,
} from '../engine/keys/index.ts';
import { createTemplatePages } from '../engine/subjects/index.ts';
import { createProbePages } from '../engine/verification/index.ts';
import {
  createOrganizationRotations,
  type OrganizationRotations,
} from '../storage/keys/rotate-organization.ts';
import { createMasterCare } from '../storage/master/master-care.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';
import { appliance } from './callers.ts';
import { throttleTries } from './unseal-throttle.ts';

export interface KeyCare {
  rotations: OrganizationRotations;
  custody: KeyCustody;
  keyPlaces: KeyPlaces;
  renewals: TemplateRenewals;
}

/** The keys, their rotation and their copies. */
export function createKeyCare({ ground, vault, opened, audit }: Base & Audited): KeyCare {
  const { inTransaction, sealer, clock, log } = ground;
  const rotations = createOrganizationRotations({
    keys: vault.keys,
    organizations: vault.organizations,
    log,
    finished: (organization, details) =>
      inTransaction((tx) =>
        audit.add(tx, { actor: appliance, action: 'organization.rotate-key', organization, details }),
      ),
  });
  opened.defer(() => rotations.stop());
  const care = createMasterCare({ ...vault, clock });
  const custody = createKeyCustody({
    master: {
      ...care,
      prove: throttleTries(care.prove),
      changePassphrase: throttleTries(care.changePassphrase),
    },
    rotations,
    signing: vault.signing,
    inTransaction,
    audit,
    clock,
  });
  const keyPlaces = createKeyPlaces({ copies: vault.copies, inTransaction, audit });
  const renewals = createTemplateRenewals({
    transforms: sealer.transforms,
    pages: [
      createTemplatePages(ground),
      createTemplatePages(ground, 'provisional_template'),
      createProbePages(ground),
    ],
    inTransaction,
    audit,
    log,
  });
  opened.defer(() => renewals.stop());
  return { rotations, custody, keyPlaces, renewals };
}
