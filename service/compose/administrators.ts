import { type Administrators, createAdministrators } from '../engine/administrators/index.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';
import type { Callers } from './callers.ts';

export interface Staff {
  administrators: Administrators;
}

/** Who signs in to the console, and how. */
export async function openStaff({
  ground,
  vault,
  audit,
  organizations,
  restored,
}: Base & Audited & Callers): Promise<Staff> {
  const administrators = createAdministrators({
    ...ground,
    integrity: vault.integrity,
    audit,
    organizations,
  });
  if (restored) await administrators.endAll();
  return { administrators };
}
