export { evidenceQuery } from './evidence-query.ts';
export { FigureSentence, Verdict } from './figure-parts.tsx';
