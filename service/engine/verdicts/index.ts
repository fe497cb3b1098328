export type { Finding } from './verdict.ts';
export { deleteVerdictsOf } from './verdict-store.ts';
export type { Verdicts, VerdictsDeps, VerifyOrder } from './verdicts.ts';
export { createVerdicts } from './verdicts.ts';
