import { fileURLToPath } from 'node:url';

/** Gatehouse's own manifest. */
export const manifestPath = fileURLToPath(new URL('../../models/manifest.json', import.meta.url));
