export { type ModelChange, type ModelForecast, ProviderReport } from './forecast.ts';
export {
  currentEmbedders,
  type EmbedderChange,
  embedderChangeOf,
  fileOf,
  type ModelSet,
  padRemedy,
  remedy,
} from './model-set.ts';
export { createSharedModels, type SharedModels } from './model-store.ts';
export { createModels, type ModelReport, type Models } from './models.ts';
