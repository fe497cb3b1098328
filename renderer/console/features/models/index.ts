export { modelsQuery } from './models-query.ts';
