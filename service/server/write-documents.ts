import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type DocumentFamily, documentFamilies, familyDocument } from '../doors/meta/openapi-families.ts';
import { errorSentences, errorsPage } from './errors-page.ts';
import { openApiDocument } from './openapi.ts';

// `docs/openapi/`, the document of each API, `docs/ERRORS.md`, and the English half of the console's catalog of refusals: "npm run generate".

const docs = new URL('../../docs/', import.meta.url);
await mkdir(new URL('openapi/', docs), { recursive: true });
const whole = (await openApiDocument()) as Record<string, unknown>;
for (const family of Object.keys(documentFamilies) as DocumentFamily[]) {
  const document = JSON.stringify(familyDocument(whole, family), null, 2);
  await writeFile(fileURLToPath(new URL(`openapi/${family}.json`, docs)), `${document}\n`);
}
await writeFile(fileURLToPath(new URL('ERRORS.md', docs)), errorsPage());
await writeFile(
  fileURLToPath(new URL('../renderer/console/reasons/refusal-strings.en.json', docs)),
  `${JSON.stringify(errorSentences(), null, 2)}\n`,
);
