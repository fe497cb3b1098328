import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pagesOpenApiDocument } from './openapi.ts';

/** For the types of what pages ask (sdk/admin/generate.mjs). */
const path = fileURLToPath(new URL('../../sdk/admin/page-paths.json', import.meta.url));
await writeFile(path, `${JSON.stringify(await pagesOpenApiDocument(), null, 2)}\n`);
