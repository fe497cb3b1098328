import { join } from 'node:path';
import type { ModelLibraryPaths } from '../inference/models/model-library.ts';
import { productRoot } from '../lib/product-root.ts';

/** Where the models of a data directory lie: those that come with Gatehouse, and those it imported. */
export function modelPaths(data: string): ModelLibraryPaths {
  const models = join(productRoot(), 'models');
  return {
    manifest: join(models, 'manifest.json'),
    built: join(models, 'built'),
    imported: join(data, 'models'),
  };
}
