export { type ApplianceFacts, applianceAttention } from './appliance-attention.ts';
export { type Attention, screens, urgencies } from './attention.ts';
export { createOverviews, type Overview, type Overviews } from './overview.ts';
