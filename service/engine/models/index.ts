export { type ModelChange, type ModelForecast, ProviderReport } from './forecast.ts';
export {
  currentEmbedders,
  type EmbedderChange,
  embedderChangeOf,
  type ModelSet,
  type PersonRule,
  padRemedy,
  remedy,
} from './model-set.ts';
export { createModels, type ModelReport, type Models, type ModelsDeps } from './models.ts';
