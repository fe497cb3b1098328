import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type CommandRunner, examples } from './command.ts';
import { userPath } from './user-path.ts';

export function addOpenApi(program: Command, runner: CommandRunner): void {
  const command = program
    .command('openapi')
    .description('write the OpenAPI 3.1 document of the HTTP API')
    .option('--out <file>', 'file to write; standard output when absent')
    .addHelpText('after', examples('openapi --out docs/openapi.json'));
  runner.run<{ out?: string }>(command, async ({ options }) => {
    const { openApiDocument } = await import('../openapi.ts');
    const document = `${JSON.stringify(await openApiDocument(), null, 2)}\n`;
    if (options.out === undefined) return { json: JSON.parse(document), text: document.trimEnd() };
    const file = userPath(options.out);
    await writeFile(file, document);
    return { json: { file, bytes: Buffer.byteLength(document) }, text: `${file} is written.` };
  });
}
