export { type ApplianceFacts, applianceAttention } from './appliance-attention.ts';
export { Attention } from './attention.ts';
export { createOverviews, type Overview, type Overviews } from './overview.ts';
