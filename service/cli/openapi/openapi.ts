import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { userPath } from '../user-path.ts';

export function addOpenApi(program: Command, runner: CommandRunner): void {
  const command = program
    .command('openapi')
    .description('write the OpenAPI 3.1 document of the HTTP API')
    .option('--admin', 'of every administrative route, those of the control socket too')
    .option('--out <file>', 'file to write; standard output when absent')
    .addHelpText(
      'after',
      examples('openapi --out docs/openapi.json', 'openapi --admin --out docs/openapi-admin.json'),
    );
  runner.run<{ admin?: boolean; out?: string }>(command, async ({ options }) => {
    const { adminOpenApiDocument, openApiDocument } = await import('../../server/openapi.ts');
    const content = await (options.admin ? adminOpenApiDocument() : openApiDocument());
    const document = `${JSON.stringify(content, null, 2)}\n`;
    if (options.out === undefined) return { json: content, text: document.trimEnd() };
    const file = userPath(options.out);
    await writeFile(file, document);
    return { json: { file, bytes: Buffer.byteLength(document) }, text: `${file} is written.` };
  });
}
