import type { Approval, ApprovalState, Guarded } from '../../../engine/approvals/index.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import type { ApprovalReply, NewApproval } from './wire.ts';

export const toGuarded = (
  organization: OrganizationId,
  { action, env, person, about }: NewApproval,
): Guarded => ({
  organization,
  action,
  ...defined({ world: env, subject: person as SubjectId | undefined, about }),
});

export function fromApproval(
  approval: Approval,
  state: ApprovalState,
  names: ReadonlyMap<string, string>,
): ApprovalReply {
  const { id, action, world, subject, requestedBy, requestedAt, expiresAt, decidedBy, decidedAt } = approval;
  const account = (who: string) => ({ id: who, name: names.get(who) });
  return {
    id,
    action,
    state,
    env: world,
    person: subject,
    requestedBy: account(requestedBy),
    requestedAt: time(requestedAt),
    expiresAt: time(expiresAt),
    decidedBy: decidedBy && account(decidedBy),
    decidedAt: decidedAt === undefined ? undefined : time(decidedAt),
  };
}
