export { type ApplianceFacts, Attention, applianceAttention } from './appliance-attention.ts';
export { createOverviews, type Overview, type Overviews } from './overview.ts';
