export { type ModelChange, type ModelForecast, ProviderReport } from './forecast.ts';
export { type EmbedderChange, type ModelSet, currentEmbedders, embedderChangeOf, padRemedy, remedy } from './model-set.ts';
export { type ModelReport, type Models, createModels } from './models.ts';
