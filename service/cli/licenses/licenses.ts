import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { productRoot } from '../../lib/product-root.ts';
import { type CommandRunner, examples } from '../command.ts';

const Licences = z.array(
  z.object({
    kind: z.string(),
    name: z.string(),
    version: z.string(),
    licence: z.string(),
    place: z.string(),
  }),
);

export function addLicenses(program: Command, runner: CommandRunner): void {
  const command = program
    .command('licenses')
    .summary('works of others in this package, with their licences')
    .description(
      'Lists what others made and this package contains: npm packages, libraries linked into programs, models, fonts. --texts prints the texts of their licences.',
    )
    .option('--texts', 'the texts, each with what it belongs to')
    .addHelpText('after', examples('licenses', 'licenses --texts | less', 'licenses --json'));
  runner.run<{ texts?: boolean }>(command, async ({ options }) => {
    const list = Licences.parse(JSON.parse(read('licences.json')));
    if (options.texts && !options.json)
      return { json: list, text: read('THIRD-PARTY-NOTICES.txt').trimEnd() };
    const lines = list.map(({ name, version, licence }) => `${name} ${version}  ${licence}`);
    return {
      json: list,
      text: [
        ...lines,
        `${list.length} works. Their texts: ${join(productRoot(), 'THIRD-PARTY-NOTICES.txt')}`,
      ].join('\n'),
    };
  });
}

function read(name: string): string {
  const path = join(productRoot(), name);
  if (!existsSync(path))
    throw new Problem(
      'NOT_FOUND',
      'The list of licences is made with a package (npm run package). In a checkout each package below node_modules has its own, and NOTICE has those of the models.',
    );
  return readFileSync(path, 'utf8');
}
