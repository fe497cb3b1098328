import { join } from 'node:path';
import { productRoot } from '../../lib/product-root.ts';

/** Gatehouse's own manifest. */
export const manifestPath = join(productRoot(), 'models', 'manifest.json');
