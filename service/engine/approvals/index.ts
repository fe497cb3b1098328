export type { Approval, ApprovalAction, ApprovalState } from './approval.ts';
export { approvalActions, approvalStates, isAboutOne, isOfPerson, isOfWorld } from './approval.ts';
export { createWaitingApprovals, type WaitingApprovals } from './approval-store.ts';
export type { Approvals, ApprovalsDeps, Guarded } from './approvals.ts';
export { createApprovals } from './approvals.ts';
export { createApprovalData } from './personal-data.ts';
