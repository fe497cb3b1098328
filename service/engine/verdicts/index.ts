export type { SignedRequest } from './declared-agents.ts';
export { type Finding, isVerdictToken } from './verdict.ts';
export {
  createVerdicts,
  type TokenCheck,
  type Verdicts,
  type VerdictsDeps,
  type VerifyOrder,
} from './verdicts.ts';
