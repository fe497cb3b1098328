import { isFoundIn } from '../../../../sdk/admin/fold-case.ts';
import type { Schemas } from '../../data.ts';

type Administrator = Schemas['Administrator'];
export type AdministratorState = 'altered' | 'disabled' | 'invited' | 'no-factor' | 'active';

/** State of an account. `invited`: it has not been used to sign in yet. */
export function stateOf({
  altered,
  disabledAt,
  lastSignInAt,
  passkeys,
}: Pick<Administrator, 'altered' | 'disabledAt' | 'lastSignInAt' | 'passkeys'>): AdministratorState {
  if (altered) return 'altered';
  if (disabledAt !== undefined) return 'disabled';
  if (lastSignInAt === undefined) return 'invited';
  return passkeys === 0 ? 'no-factor' : 'active';
}

export interface AdministratorFilter {
  role?: Administrator['role'];
  state?: 'active' | 'disabled' | 'no-factor' | 'never';
  /** A part of the name or of the address. */
  find?: string;
}

/** Whether an account is among those that the filter asks for. */
export function matches(one: Administrator, { role, state, find }: AdministratorFilter): boolean {
  if (role !== undefined && one.role !== role) return false;
  if (find && !isFoundIn(find, [one.name, one.email, one.id])) return false;
  switch (state) {
    case undefined:
      return true;
    case 'active':
      return one.disabledAt === undefined;
    case 'disabled':
      return one.disabledAt !== undefined;
    case 'no-factor':
      return one.disabledAt === undefined && one.passkeys === 0;
    case 'never':
      return one.lastSignInAt === undefined;
    default:
      return state satisfies never;
  }
}
