import { writeFile } from 'node:fs/promises';
import { toggle, value } from '../flag.ts';
import { work } from '../operation-command.ts';
import { userPath } from '../user-path.ts';

export const openapi = work({
  about: 'write the OpenAPI 3.1 document of the HTTP API',
  options: {
    admin: toggle('of every administrative route, those of the control socket too'),
    family: value(
      '<api>',
      'of one API alone: identity, presence, sessions, behavior, siteverify, hosted or registrations',
    ),
    out: value('<file>', 'file to write; standard output when absent'),
  },
  examples: [
    'openapi --out docs/openapi.json',
    'openapi --family hosted --out hosted.json',
    'openapi --admin --out docs/openapi-admin.json',
  ],
  async run({ admin, family, out }) {
    const { adminOpenApiDocument, openApiDocument } = await import('../../server/openapi.ts');
    const content = await (admin ? adminOpenApiDocument() : openApiDocument(family));
    const document = `${JSON.stringify(content, null, 2)}\n`;
    if (out === undefined) return { json: content, text: document.trimEnd() };
    const file = userPath(out);
    await writeFile(file, document);
    return { json: { file, bytes: Buffer.byteLength(document) }, text: `${file} is written.` };
  },
});
