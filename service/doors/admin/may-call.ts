import type { Role } from '../../engine/accounts/index.ts';

/** Who may call an administrative route. */
export interface MayCall {
  /** The operator of the box, over the control socket. */
  operator: boolean;
  /** Administrators of the organization with one of these roles. */
  administrator: readonly Role[];
  /** An API key with the scope `admin`; never for erasing, exporting, minting keys, granting destinations or administrators. */
  key: 'admin' | false;
  /** On the LAN an administrator marked appliance owner, whatever the role. */
  applianceOwner?: true;
  /** An administrator needs a second factor proven within the last minutes: what the effect of a route asks for (effect.ts), exports and confirmations. */
  fresh?: true;
  /** An administrator whose account has a second factor: for what reads data of people or changes anything. Set by `route`. */
  factor?: true;
  /**
   * Not of an appliance owner who has no second factor yet: a passkey is bound to the name of the box and needs its certificate, so both
   * come before the first one. Who has the password of such an account can enroll a passkey, too.
   */
  beforeFactor?: true;
}

/** Operations on the whole appliance. All except reads need a fresh second factor (route.ts). */
export const ofAppliance = { operator: true, administrator: [], key: false, applianceOwner: true } as const;
/** Operations of the operator only: never on the LAN. */
export const ofOperator = { operator: true, administrator: [], key: false } as const;

/** Administrators who change the settings of an organization. */
export const managers: readonly Role[] = ['owner', 'administrator'];
/** Managers, and administrators who do the daily work. */
export const operators: readonly Role[] = [...managers, 'operator'];
/** Managers, and administrators who audit. */
export const auditors: readonly Role[] = [...managers, 'auditor'];
/** Operators, and administrators who only read. */
export const readers: readonly Role[] = [...operators, 'auditor'];
/** Managers, and administrators who compare faces. */
export const reviewers: readonly Role[] = [...managers, 'reviewer'];
/** Reviewers, and administrators who only read. */
export const reviewReaders: readonly Role[] = [...reviewers, 'auditor'];
/** Operators and reviewers: a session that waits for a person is decided by either. */
export const sessionDeciders: readonly Role[] = [...operators, 'reviewer'];
/** Who decides about sessions, and administrators who only read. */
export const sessionReaders: readonly Role[] = [...sessionDeciders, 'auditor'];

const ofRoles = (administrator: readonly Role[]) => ({ operator: true, administrator, key: false }) as const;
/** No API key, and of the administrators of the organization those with one of these roles. */
export const byManagers = ofRoles(managers);
export const byOperators = ofRoles(operators);
export const byReaders = ofRoles(readers);
