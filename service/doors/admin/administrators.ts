import { z } from 'zod';
import { Administrator, type Administrators, exampleOfAdministrator } from '../../engine/accounts/index.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { paramsOf } from './ids.ts';
import { shortListRoute } from './lists.ts';
import { namesSome } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const { email, role, applianceOwner } = Administrator.shape;
const name = lineOfText(120).describe('Name');
const NewAdministrator = z
  .strictObject({ email, name, role, applianceOwner: applianceOwner.optional() })
  .meta({
    id: 'NewAdministrator',
    examples: [{ email: 'grace@example.com', name: 'Grace', role: 'operator' }],
  });

const AdministratorChange = z
  .strictObject({
    name: name.optional(),
    role: role.optional(),
    applianceOwner: applianceOwner.optional(),
    disabled: z.boolean().optional().describe('Refuses every sign-in and ends all sessions'),
  })
  .refine(namesSome, 'Name at least one change.')
  .meta({ id: 'AdministratorChange', examples: [{ role: 'auditor' }] });

const AdministratorReset = z
  .strictObject({
    password: z.boolean().optional().describe('Removes the password; the code sets a new one'),
    factors: z.boolean().optional().describe('Removes all passkeys, the face and recovery codes'),
  })
  .refine(({ password, factors }) => password || factors, 'Say what to reset: password, factors, or both.')
  .meta({ id: 'AdministratorReset', examples: [{ password: true }] });

const codeExample = 'k7dm-2xqp-9rtw-m4hz';

const code = z
  .string()
  .describe('One-time code to hand to the administrator; valid for 24 hours and not shown again');

const AdministratorWithCode = Administrator.extend({ code }).meta({
  id: 'AdministratorWithCode',
  description: 'The new administrator and the one-time code to set a password.',
  examples: [{ ...exampleOfAdministrator, code: codeExample }],
});

const ResetReply = z.strictObject({ code }).meta({
  id: 'AdministratorCode',
  description: 'With the code the person sets a password or enrolls a second factor.',
  examples: [{ code: codeExample }],
});

const UnlockReply = z
  .strictObject({ failures: z.int().describe('Number of cleared failed sign-ins') })
  .meta({ id: 'AdministratorUnlocked', examples: [{ failures: 12 }] });

const SignedOut = z
  .strictObject({ sessions: z.int().min(0).describe('Number of sessions that were ended') })
  .meta({ id: 'SignedOutAdministrators', examples: [{ sessions: 12 }] });

const FaceFactor = z
  .strictObject({
    allowed: z
      .boolean()
      .describe(
        'Whether administrators may enroll a face as a second factor; false removes the faces that are enrolled',
      ),
  })
  .meta({ id: 'FaceFactor', examples: [{ allowed: true }] });

const FaceFactorReply = FaceFactor.extend({
  removed: z.int().describe('Number of faces that were removed'),
}).meta({ id: 'FaceFactorState', examples: [{ allowed: false, removed: 2 }] });

export interface AdministratorRouteDeps {
  administrators: Pick<
    Administrators,
    'list' | 'get' | 'create' | 'change' | 'reset' | 'unlock' | 'remove' | 'allowFaces' | 'endSessionsOf'
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
  shortListRoute({
    ...about,
    url: '/administrators',
    operationId: 'listAdministrators',
    effect: 'reads-personal',
    summary: 'List administrators',
    description: 'All accounts, also disabled ones, with roles and last sign-ins, for access reviews.',
    may: looking,
    item: Administrator,
    items: 'Administrators, the oldest first',
    page: 'Administrators',
    rows: ({ organization }) => administrators.list(organization),
  }),
  route('POST /administrators/sign-out', {
    ...about,
    operationId: 'signOutAdministrators',
    effect: 'none',
    may: { operator: true, administrator: ['owner'], key: false, fresh: true },
    summary: 'Sign out all administrators',
    description:
      'Ends all sessions of all administrators of the organization, that of the caller too, with all their access tokens. Each signs in again.',
    reply: SignedOut,
    handle: async ({ organization, who }) => ({
      sessions: await administrators.endSessionsOf(organization, who),
    }),
  }),
  route('POST /administrators', {
    ...about,
    operationId: 'createAdministrator',
    effect: 'weakens-protection',
    summary: 'Create an administrator',
    description:
      'The reply has a one-time code with which the person sets a password. A second factor is required within 7 days.',
    may: changing,
    body: NewAdministrator,
    status: 201,
    shownOnce: true,
    reply: AdministratorWithCode,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, body, who }) {
      const made = await administrators.create({ organization, ...body }, who);
      if (made.code === undefined) throw new Error('A new administrator got no code.');
      return { ...made.administrator, code: made.code };
    },
  }),
  route('GET /administrators/:id', {
    ...about,
    operationId: 'getAdministrator',
    effect: 'reads-personal',
    summary: 'Show an administrator',
    description: 'Role, factors and last sign-in.',
    may: looking,
    params,
    reply: Administrator,
    refuses: ['NOT_FOUND'],
    handle: ({ organization, params: { id } }) => administrators.get(organization, id),
  }),
  route('PATCH /administrators/:id', {
    ...about,
    operationId: 'changeAdministrator',
    effect: 'weakens-protection',
    summary: 'Change an administrator',
    description: 'Name, role, or whether the account is disabled. One enabled owner has to remain.',
    may: changing,
    params,
    body: AdministratorChange,
    reply: Administrator,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, body, who }) =>
      administrators.change(organization, id, body, who),
  }),
  route('DELETE /administrators/:id', {
    ...about,
    operationId: 'removeAdministrator',
    effect: 'weakens-protection',
    summary: 'Remove an administrator',
    description: 'Ends all sessions. What the administrator did stays in the audit log.',
    may: changing,
    params,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, who }) => administrators.remove(organization, id, who),
  }),
  // For an administrator who cannot sign in.
  route('POST /administrators/:id/reset', {
    ...about,
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
      const { id: own } = await administrators.get(organization, id);
      return administrators.reset(own, body, who);
    },
  }),
  route('POST /administrators/:id/unlock', {
    ...about,
    operationId: 'unlockAdministrator',
    effect: 'weakens-protection',
    summary: 'Unlock an administrator',
    description: 'Clears the failed sign-ins, so that a locked account can sign in at once.',
    may: changing,
    params,
    reply: UnlockReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    async handle({ organization, params: { id }, who }) {
      const { id: own } = await administrators.get(organization, id);
      return administrators.unlock(own, who);
    },
  }),
  route('PUT /organization/face-factor', {
    ...about,
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
  }),
];
