import type { FastifyRequest } from 'fastify';
import {
  type Administrators,
  type AdministratorTokens,
  type Organizations,
  roles,
  type Setup,
} from '../../engine/accounts/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import { administratorOfRequest } from '../../http/authentication.ts';
import type { AccessList } from '../../http/route-access.ts';
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

/** The signed-in administrator, for the audit log. */
export function actorOf(request: FastifyRequest): Actor {
  const { administrator } = administratorOfRequest(request);
  return { is: 'administrator', administrator, request: request.id };
}

/** Every administrator, for what is their own. */
export const own: AccessList = {
  administrator: roles,
  keyRefusal: 'No API key may do this: it concerns the signed-in administrator.',
};
/** Also in a session that can do nothing but enroll a second factor. */
export const ownOrEnrolling: AccessList = { ...own, enrollment: true };
export const ownWithFreshFactor: AccessList = { ...own, fresh: true };
