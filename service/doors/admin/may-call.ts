import type { Role } from '../../engine/access/index.ts';

/** Who may call an administrative route. */
export interface MayCall {
  /** The operator of the box, over the control socket. */
  operator: boolean;
  /** Administrators of the organization with one of these roles. */
  administrator: readonly Role[];
  /** An API key with the scope `admin`; never for erasing, exporting, minting keys, granting destinations or administrators. */
  key: 'admin' | false;
}

/** Administrators who change the settings of an organization. */
export const managers: readonly Role[] = ['owner', 'administrator'];
/** Managers, and administrators who do the daily work. */
export const operators: readonly Role[] = [...managers, 'operator'];
/** Managers, and administrators who audit. */
export const auditors: readonly Role[] = [...managers, 'auditor'];
/** Operators, and administrators who only read. */
export const readers: readonly Role[] = [...operators, 'auditor'];
