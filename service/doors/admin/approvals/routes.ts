import type { Administrators } from '../../../engine/administrators/index.ts';
import type { Approval, Approvals } from '../../../engine/approvals/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { paramsOf } from '../ids.ts';
import { managers, operators, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromApproval, toGuarded } from './translate.ts';
import { ApprovalPage, ApprovalQuery, ApprovalReply, FourEyes, NewApproval } from './wire.ts';

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
const deciding = { operator: true, administrator: managers, key: false } as const;
/** Operators change people: they ask for what they need, and do not decide. */
const asking = { ...deciding, administrator: operators } as const;

/** Four eyes: what a second administrator has to confirm. */
export const approvalRoutes = (deps: ApprovalRouteDeps): AdminRoute[] => [
  ...requestRoutes(deps),
  ...decisionRoutes(deps),
];

async function shown(
  { approvals, administrators }: ApprovalRouteDeps,
  organization: OrganizationId,
  found: readonly Approval[],
) {
  const names = new Map(
    (await administrators.list(organization)).map(({ id, name }) => [id as string, name]),
  );
  return found.map((approval) => fromApproval(approval, approvals.state(approval), names));
}

const requestRoutes = (deps: ApprovalRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/approvals',
    operationId: 'listApprovals',
    effect: 'none',
    summary: 'List requests for approval',
    description: 'Tests of the last 90 days.',
    may: { operator: true, administrator: readers, key: false },
    query: ApprovalQuery,
    reply: ApprovalPage,
    async handle({ organization, query: { limit, cursor, state } }) {
      const page = defined({ state, before: cursor, limit: limit + 1 });
      const found = await deps.approvals.page(organization, page);
      return toPage(await shown(deps, organization, found), limit, ({ id }) => id);
    },
  }),
  route({
    ...about,
    method: 'POST',
    url: '/approvals',
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
      const made = await deps.approvals.request(toGuarded(organization, body), who);
      return (await shown(deps, organization, [made]))[0]!;
    },
  }),
];

const decisionRoutes = (deps: ApprovalRouteDeps): AdminRoute[] => [
  ...(['confirm', 'decline'] as const).map((verb) =>
    route({
      ...about,
      method: 'POST',
      url: `/approvals/:id/${verb}`,
      operationId: `${verb}Approval`,
      effect: 'none',
      summary: verb === 'confirm' ? 'Confirm a request' : 'Decline a request',
      description:
        verb === 'confirm'
          ? 'By another administrator than the one who asked, whose account had a passkey a day before the request. The administrator who asked then performs the action.'
          : 'Also by the administrator who asked, to withdraw the request.',
      may: verb === 'confirm' ? { ...deciding, fresh: true } : deciding,
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
  route({
    ...about,
    method: 'PUT',
    url: '/organization/four-eyes',
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
