export type { Checks, ChecksDeps } from './checks.ts';
export { createChecks } from './checks.ts';
export type { VerificationDataDeps } from './personal-data.ts';
export { createVerificationData } from './personal-data.ts';
export { createProbePages } from './probe-pages-store.ts';
export type { EnrollCommand, EnrollResult, Verdict, VerifyCommand } from './verdict.ts';
