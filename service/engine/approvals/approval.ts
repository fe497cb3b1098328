import type { AdministratorId, ApprovalId, OrganizationId, SubjectId, World } from '../../lib/id.ts';

/** What two administrators have to agree on, where the organization asks for it. */
export const approvalActions = [
  'subject.erase',
  'subject.export',
  'subjects.erase',
  'organization.erase',
  'four-eyes.off',
  'subject.change',
  'subject.rebind',
  'picture.confirm',
  'hold.release',
  'consent.withdraw',
  'retention.sweep',
  'data.destroy',
  'protection.weaken',
] as const;
export type ApprovalAction = (typeof approvalActions)[number];

/** Whether it takes two administrators with four eyes off, too. */
export const isAlwaysAsked = (action: ApprovalAction): boolean =>
  action === 'consent.withdraw' || isAboutOne(action);
/** Whether a request for it is about one address or one picture of the person. */
export const isAboutOne = (action: ApprovalAction): boolean =>
  action === 'subject.rebind' || action === 'picture.confirm';
/** Whether a request for it names one person. */
export const isOfPerson = (action: ApprovalAction): boolean =>
  isAboutOne(action) ||
  ['subject.erase', 'subject.export', 'subject.change', 'hold.release'].includes(action);
/** Whether a request for it names a world. */
export const isOfWorld = (action: ApprovalAction): boolean =>
  isOfPerson(action) || action === 'subjects.erase';

export const approvalStates = ['open', 'confirmed', 'declined', 'expired'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** One request to a second administrator. It ends 24 hours after it was made, confirmed or not. */
export interface Approval {
  id: ApprovalId;
  organization: OrganizationId;
  action: ApprovalAction;
  /** Of a person or of all people of a world. */
  world?: World;
  subject?: SubjectId;
  /** Keyed hash of the address (`subject.rebind`), or hash of the picture's id (`picture.confirm`) that it is about. */
  about?: string;
  requestedBy: AdministratorId;
  requestedAt: number;
  expiresAt: number;
  decision?: 'confirmed' | 'declined';
  decidedBy?: AdministratorId;
  decidedAt?: number;
}

export function stateOf({ decision, expiresAt }: Approval, now: number): ApprovalState {
  if (decision === 'declined') return 'declined';
  if (expiresAt <= now) return 'expired';
  return decision ?? 'open';
}
