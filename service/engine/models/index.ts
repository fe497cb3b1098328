export type { ModelChange, ModelForecast } from './forecast.ts';
export { padRemedy, remedy } from './model-rules.ts';
export type { EmbedderChange, ModelSet, PersonRule } from './model-set.ts';
export { currentEmbedders, embedderChangeOf } from './model-set.ts';
export type { ModelReport, Models, ModelsDeps } from './models.ts';
export { createModels } from './models.ts';
export { ProviderReport } from './provider-report.ts';
