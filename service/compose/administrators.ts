import { createAdministrators } from '../engine/administrators/index.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';
import type { Callers } from './callers.ts';

export interface Staff {
  administrators: ReturnType<typeof createAdministrators>;
}

/** Who signs in to the console, and how. */
export const createStaff = ({ ground, vault, audit, organizations }: Base & Audited & Callers): Staff => ({
  administrators: createAdministrators({ ...ground, integrity: vault.integrity, audit, organizations }),
});
