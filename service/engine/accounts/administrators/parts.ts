import type { Actor, Foundation } from '../../audit/index.ts';
import type { Organizations } from '../organizations/organizations.ts';
import type { Random } from './administrator.ts';
import type { SignInIntegrity } from './administrator-store.ts';
import type { SignInFailures } from './failures.ts';
import type { PasswordHashes } from './passwords/password-rules.ts';
import type { Sessions } from './sessions.ts';

/** What the parts of the feature are built on. */
export interface Parts extends Foundation {
  integrity: SignInIntegrity;
  random: Random;
  organizations: Pick<Organizations, 'get' | 'getIn' | 'setFaceFactor'>;
  hashes: PasswordHashes;
  failures: SignInFailures;
  sessions: Sessions;
}

/** Actor of audit lines about refused sign-ins, whose person is unknown. */
export const unknownPerson: Actor = { is: 'appliance', task: 'sign-in' };
