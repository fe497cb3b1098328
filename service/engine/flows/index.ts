export type { Flow, FlowProduct } from './flow.ts';
export { defaultTexts, FlowDefinition, flowProducts } from './flow.ts';
export type { FlowPreview, Flows } from './flows.ts';
export { createFlows } from './flows.ts';
export { readRedirectTarget, redirectRefusal } from './redirect-url.ts';
