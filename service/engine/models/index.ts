export type { ModelChange, ModelForecast } from './forecast.ts';
export { remedy } from './model-rules.ts';
export type { ModelSet } from './model-set.ts';
export type { ModelReport, Models, ModelsDeps } from './models.ts';
export { createModels } from './models.ts';
