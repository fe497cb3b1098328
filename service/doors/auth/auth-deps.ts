import type {
  Administrators,
  AdministratorTokens,
  Organizations,
  Setup,
} from '../../engine/accounts/index.ts';
import type { AdministratorSessions } from '../../http/sign-in/administrator-sessions.ts';

export interface AuthDeps {
  administrators: Pick<
    Administrators,
    | 'signIn'
    | 'organizationOfDomain'
    | 'passkeyRequestOptions'
    | 'finishWithPasskey'
    | 'finishWithFace'
    | 'faceOf'
    | 'addFace'
    | 'removeFace'
    | 'finishWithRecoveryCode'
    | 'openEnrollment'
    | 'proveAgain'
    | 'sessionOf'
    | 'sessionById'
    | 'signOut'
    | 'listSessions'
    | 'endSession'
    | 'endSessions'
    | 'signInOptions'
    | 'signInWithPasskey'
    | 'passkeyCreationOptions'
    | 'addPasskey'
    | 'listPasskeys'
    | 'renamePasskey'
    | 'removePasskey'
    | 'newRecoveryCodes'
    | 'changePassword'
    | 'setPasswordWithCode'
  >;
  organizations: Pick<Organizations, 'list'>;
  tokens: Pick<AdministratorTokens, 'issue'>;
  sessions: Pick<AdministratorSessions, 'hasFreshFactor'>;
  setup: Pick<Setup, 'view' | 'claim' | 'nameOrganization' | 'makeOwner'>;
}
