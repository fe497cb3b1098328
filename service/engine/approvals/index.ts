export {
  type Approval,
  type ApprovalAction,
  type ApprovalState,
  approvalActions,
  approvalStates,
  createWaitingApprovals,
  isAboutOne,
  isOfPerson,
  isOfWorld,
  type WaitingApprovals,
} from './approval-store.ts';
export { type Approvals, type ApprovalsDeps, createApprovals, type Guarded } from './approvals.ts';
export { createApprovalData } from './personal-data.ts';
