export type { Flow, FlowProduct } from './flow.ts';
export { defaultTexts, FlowDefinition, flowProducts, textsOf } from './flow.ts';
export type { FlowPreview, Flows } from './flows.ts';
export { createFlows } from './flows.ts';
export { allowedRedirects, readRedirectTarget, redirectProblems, redirectRefusal } from './redirect-url.ts';
