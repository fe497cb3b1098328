export type { SignedRequest } from './declared-agents.ts';
export type { Finding } from './verdict.ts';
export { isVerdictToken } from './verdict-token.ts';
export type { TokenCheck, Verdicts, VerdictsDeps, VerifyOrder } from './verdicts.ts';
export { createVerdicts } from './verdicts.ts';
