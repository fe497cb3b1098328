import { z } from 'zod';
import {
  type Administrators,
  type Approval,
  type Approvals,
  approvalActions,
  approvalStates,
  isAboutOne,
  isOfPerson,
  isOfWorld,
} from '../../engine/accounts/index.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { inEnv, time } from '../../lib/record-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders, operators } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const action = z
  .enum(approvalActions)
  .describe(
    'Action to confirm. `four-eyes.off`: switches the four-eyes rule off; `consent.withdraw`: withdraws the consent of many people; `data.destroy`, `protection.weaken`: everything with that effect which is no action of its own, until the request ends',
  );
const world = z.enum(['live', 'test']).optional().describe('World; absent: the whole organization');
const person = idOf('person').optional().describe('Person that it concerns; absent if none');
const state = z
  .enum(approvalStates)
  .describe('`expired`: 24 hours have passed since it was asked for, confirmed or not');

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'It must be what the refusal gave.')
  .optional()
  .describe(
    'Hash of the address or picture, as the refusal gave it; of subject.rebind and picture.confirm alone',
  );

const NewApproval = z
  .strictObject({ action, env: world, person, about: hash })
  .superRefine(({ action: what, env: world, person: subject, about: given }, context) => {
    const [ofPerson, ofWorld] = [isOfPerson(what), isOfWorld(what)];
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (ofPerson !== (subject !== undefined))
      fault('person', ofPerson ? 'Name the person by id.' : 'This concerns no one person: leave it out.');
    if (isAboutOne(what) !== (given !== undefined))
      fault('about', 'Send what the refusal gave, of subject.rebind and picture.confirm alone.');
    if (ofWorld !== (world !== undefined))
      fault('env', ofWorld ? 'Name the world, live or test.' : 'This concerns no world: leave it out.');
  })
  .meta({
    id: 'NewApproval',
    description: 'An action that a second administrator has to confirm.',
    examples: [{ action: 'subject.erase', env: 'live', person: 'sub_01m7w3hb8hbf355he5zqwjztdk' }],
  });

const account = (what: string) =>
  z
    .strictObject({
      id: z.string().describe('Id of the account'),
      name: z.string().optional().describe('Name of the administrator; absent: the account was removed'),
    })
    .describe(what);

const example = {
  id: 'apr_01m7w3hb8hbf355he5zqwjztdk',
  action: 'subject.erase' as const,
  env: 'live' as const,
  person: 'sub_01m7w3hb8hbf355he5zqwjztdk',
  state: 'open' as const,
  requestedBy: { id: 'adm_01m7w3hb8hbf355he5zqwjztdk', name: 'Ada Lovelace' },
  requestedAt: '2026-11-20T12:00:00.000Z',
  expiresAt: '2026-11-21T12:00:00.000Z',
};

const ApprovalReply = z
  .object({
    id: z.string().describe('Id'),
    action,
    env: world,
    person: z.string().optional().describe('Id of the person; absent if it concerns no single person'),
    state,
    requestedBy: account('Administrator who asked, and may perform the action once it is confirmed'),
    requestedAt: time('When it was asked for'),
    expiresAt: time('When it ends'),
    decidedBy: account('Administrator who confirmed or declined it').optional(),
    decidedAt: time('When it was decided').optional(),
  })
  .meta({
    id: 'Approval',
    description: 'A request for approval by a second administrator.',
    examples: [example],
  });

const FourEyes = z
  .strictObject({
    required: z
      .boolean()
      .describe(
        'Whether a second administrator has to confirm what destroys, changes an identity or weakens a protection',
      ),
  })
  .meta({
    id: 'FourEyes',
    description: 'The four-eyes rule.',
    examples: [{ required: true }],
  });

export interface ApprovalRouteDeps {
  approvals: Approvals;
  administrators: Pick<Administrators, 'list'>;
}

const about = {
  tag: 'approvals',
  within: 'organization',
  keyRefusal: 'No API key may ask administrators for a confirmation, or give one.',
} as const;
/** The operator of the box gets CONFLICT: no confirmation is needed. */
/** Operators change people: they ask for what they need, and do not decide. */
const asking = { ...byManagers, administrator: operators } as const;

async function shown(
  { approvals, administrators }: ApprovalRouteDeps,
  organization: OrganizationId,
  found: readonly Approval[],
) {
  const names = new Map(
    (await administrators.list(organization)).map(({ id, name }) => [id as string, name]),
  );
  const account = (who: string) => ({ id: who, name: names.get(who) });
  return found.map((approval) => ({
    ...inEnv(approval),
    person: approval.subject,
    state: approvals.state(approval),
    requestedBy: account(approval.requestedBy),
    decidedBy: approval.decidedBy && account(approval.decidedBy),
  }));
}

/** Four eyes: what a second administrator has to confirm. */
export const approvalRoutes = (deps: ApprovalRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/approvals',
    operationId: 'listApprovals',
    effect: 'none',
    summary: 'List requests for approval',
    description: 'Tests of the last 90 days.',
    may: byReaders,
    item: ApprovalReply,
    items: 'Requests, the newest first',
    page: 'ApprovalPage',
    filter: { state: state.optional().describe('Only items in this state') },
    key: idOf('approval'),
    rows: async ({ organization }, part) =>
      shown(deps, organization, await deps.approvals.page(organization, part)),
  }),
  route('POST /approvals', {
    ...about,
    operationId: 'requestApproval',
    effect: 'none',
    summary: 'Request an approval',
    description:
      'Needed before what destroys, exports, changes an identity or weakens a protection, if the organization requires two administrators: a refusal with APPROVAL_REQUIRED has the body of this request as `approval`. A pending request is returned again.',
    may: asking,
    body: NewApproval,
    status: 201,
    reply: ApprovalReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, body, who }) {
      const { env: world, person: subject, ...rest } = body;
      const made = await deps.approvals.request({ organization, ...rest, world, subject }, who);
      return (await shown(deps, organization, [made]))[0]!;
    },
  }),
  ...(['confirm', 'decline'] as const).map((verb) =>
    route(`POST /approvals/:id/${verb}`, {
      ...about,
      operationId: `${verb}Approval`,
      effect: 'none',
      summary: verb === 'confirm' ? 'Confirm a request' : 'Decline a request',
      description:
        verb === 'confirm'
          ? 'By another administrator than the one who asked, whose account had a passkey a day before the request. The administrator who asked then performs the action.'
          : 'Also by the administrator who asked, to withdraw the request.',
      may: verb === 'confirm' ? { ...byManagers, fresh: true } : byManagers,
      params: paramsOf('approval'),
      reply: ApprovalReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      async handle({ organization, params: { id }, who }) {
        const decision = verb === 'confirm' ? 'confirmed' : 'declined';
        const decided = await deps.approvals.decide(organization, id, decision, who);
        return (await shown(deps, organization, [decided]))[0]!;
      },
    }),
  ),
  route('PUT /organization/four-eyes', {
    ...about,
    operationId: 'setFourEyes',
    effect: 'weakens-protection',
    // The engine asks for it where it is switched off.
    approval: 'none',
    summary: 'Set the four-eyes rule',
    description:
      'Applies to every operation that destroys, exports a person, changes an identity or weakens a protection. Needs two accounts that can confirm. A second administrator has to confirm switching it off, too. It does not apply to the operator of the box.',
    may: { operator: true, administrator: ['owner'], key: false },
    body: FourEyes,
    reply: FourEyes,
    refuses: ['NOT_FOUND', 'CONFLICT', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
    async handle({ organization, body: { required }, who }) {
      await deps.approvals.setRequired(organization, required, who);
      return { required };
    },
  }),
];
