import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type DocumentFamily, documentFamilies, familyDocument } from '../doors/meta/openapi-families.ts';
import { openApiDocument } from '../server/openapi.ts';

/** `docs/openapi/`: the document of each API. */
const folder = new URL('../../docs/openapi/', import.meta.url);
await mkdir(folder, { recursive: true });
const whole = (await openApiDocument()) as Record<string, unknown>;
for (const family of Object.keys(documentFamilies) as DocumentFamily[]) {
  const document = JSON.stringify(familyDocument(whole, family), null, 2);
  await writeFile(fileURLToPath(new URL(`${family}.json`, folder)), `${document}\n`);
}
