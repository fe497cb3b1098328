export { ClaimSentence, Verdict } from './claim-parts.tsx';
export { evidenceQuery } from './evidence-query.ts';
