export type { ModelSet } from './model-set.ts';
export type { ModelReport, Models, ModelsDeps } from './models.ts';
export { createModels, remedy } from './models.ts';
