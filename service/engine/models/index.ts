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
export { createModels, type ModelReport, type Models } from './models.ts';
export { createSharedModels, type SharedModels } from './shared-model-store.ts';
