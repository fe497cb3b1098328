import type { Administrators } from '../../../engine/administrators/index.ts';
import { pageOfShort } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { AdministratorId } from '../../../lib/id.ts';
import { paramsOf } from '../ids.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromAdministrator } from './translate.ts';
import {
  AdministratorChange,
  AdministratorReply,
  AdministratorReset,
  AdministratorsQuery,
  AdministratorsReply,
  FaceFactor,
  FaceFactorReply,
  NewAdministrator,
  NewAdministratorReply,
  ResetReply,
  UnlockReply,
} from './wire.ts';

export interface AdministratorRouteDeps {
  administrators: Pick<
    Administrators,
    'list' | 'get' | 'create' | 'change' | 'reset' | 'unlock' | 'remove' | 'allowFaces'
  >;
}

const params = paramsOf('administrator');
const about = {
  tag: 'administrators',
  within: 'organization',
  keyRefusal: 'No API key may see or change administrators: on the box run "gatehouse admin".',
} as const;
const looking = { operator: true, administrator: ['owner', 'auditor'], key: false } as const;
const changing = { operator: true, administrator: ['owner'], key: false } as const;

/** The administrators of an organization. */
export const administratorRoutes = ({ administrators }: AdministratorRouteDeps): AdminRoute[] => [
  ...collectionRoutes(administrators),
  ...singleRoutes(administrators),
  ...wayBackRoutes(administrators),
  faceRoute(administrators),
];

const collectionRoutes = (administrators: AdministratorRouteDeps['administrators']): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/administrators',
    operationId: 'listAdministrators',
    effect: 'reads-personal',
    summary: 'List administrators',
    description: 'All accounts, also disabled ones, with roles and last sign-ins, for access reviews.',
    may: looking,
    query: AdministratorsQuery,
    reply: AdministratorsReply,
    handle: async ({ organization, query }) =>
      pageOfShort((await administrators.list(organization)).map(fromAdministrator), query, ({ id }) => id),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/administrators',
    operationId: 'createAdministrator',
    effect: 'weakens-protection',
    summary: 'Create an administrator',
    description:
      'The reply has a one-time code with which the person sets a password. A second factor is required within 7 days.',
    may: changing,
    body: NewAdministrator,
    status: 201,
    shownOnce: true,
    reply: NewAdministratorReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, body, who }) {
      const made = await administrators.create({ organization, ...defined(body) }, who);
      if (made.code === undefined) throw new Error('A new administrator got no code.');
      return { ...fromAdministrator(made.administrator), code: made.code };
    },
  }),
];

const singleRoutes = (administrators: AdministratorRouteDeps['administrators']): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/administrators/:id',
    operationId: 'getAdministrator',
    effect: 'reads-personal',
    summary: 'Show an administrator',
    description: 'Role, factors and last sign-in.',
    may: looking,
    params,
    reply: AdministratorReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ organization, params: { id } }) =>
      fromAdministrator(await administrators.get(organization, id as AdministratorId)),
  }),
  route({
    ...about,
    method: 'PATCH',
    url: '/administrators/:id',
    operationId: 'changeAdministrator',
    effect: 'weakens-protection',
    summary: 'Change an administrator',
    description: 'Name, role, or whether the account is disabled. One enabled owner has to remain.',
    may: changing,
    params,
    body: AdministratorChange,
    reply: AdministratorReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, body, who }) =>
      fromAdministrator(await administrators.change(organization, id as AdministratorId, defined(body), who)),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/administrators/:id',
    operationId: 'removeAdministrator',
    effect: 'weakens-protection',
    summary: 'Remove an administrator',
    description: 'Ends all sessions. What the administrator did stays in the audit log.',
    may: changing,
    params,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, who }) =>
      administrators.remove(organization, id as AdministratorId, who),
  }),
];

/** For an administrator who cannot sign in. */
const wayBackRoutes = (administrators: AdministratorRouteDeps['administrators']): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/administrators/:id/reset',
    operationId: 'resetAdministrator',
    effect: 'weakens-protection',
    summary: 'Reset an administrator',
    description:
      'Removes the password, the second factors or both, ends all sessions, and returns a one-time code with which the person sets new ones.',
    may: changing,
    params,
    body: AdministratorReset,
    reply: ResetReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, params: { id }, body, who }) {
      const { id: own } = await administrators.get(organization, id as AdministratorId);
      return administrators.reset(own, defined(body), who);
    },
  }),
  route({
    ...about,
    method: 'POST',
    url: '/administrators/:id/unlock',
    operationId: 'unlockAdministrator',
    effect: 'weakens-protection',
    summary: 'Unlock an administrator',
    description: 'Clears the failed sign-ins, so that a locked account can sign in at once.',
    may: changing,
    params,
    reply: UnlockReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    async handle({ organization, params: { id }, who }) {
      const { id: own } = await administrators.get(organization, id as AdministratorId);
      return administrators.unlock(own, who);
    },
  }),
];

const faceRoute = (administrators: AdministratorRouteDeps['administrators']): AdminRoute =>
  route({
    ...about,
    method: 'PUT',
    url: '/organization/face-factor',
    operationId: 'setFaceFactor',
    effect: 'weakens-protection',
    summary: 'Allow signing in by face',
    description:
      'Off unless an owner allows it. Administrators then enroll a face beside a passkey, each with a consent of their own. Switching it off removes the faces at once.',
    may: changing,
    body: FaceFactor,
    reply: FaceFactorReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, body: { allowed }, who }) {
      return { allowed, ...(await administrators.allowFaces(organization, allowed, who)) };
    },
  });
