import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { productRoot } from '../../lib/product-root.ts';
import { toggle } from '../flag.ts';
import { work } from '../operation-command.ts';

const Licences = z.array(
  z.object({
    kind: z.string(),
    name: z.string(),
    version: z.string(),
    licence: z.string(),
    place: z.string(),
  }),
);

export const licenses = work({
  summary: 'works of others in this package, with their licences',
  about:
    'Lists what others made and this package contains: npm packages, libraries linked into programs, models, fonts. --texts prints the texts of their licences.',
  options: { texts: toggle('the texts, each with what it belongs to') },
  examples: ['licenses', 'licenses --texts | less', 'licenses --json'],
  async run({ texts }, { json }) {
    const list = Licences.parse(JSON.parse(read('licences.json')));
    if (texts && !json) return { json: list, text: read('THIRD-PARTY-NOTICES.txt').trimEnd() };
    const lines = list.map(({ name, version, licence }) => `${name} ${version}  ${licence}`);
    return {
      json: list,
      text: [
        ...lines,
        `${list.length} works. Their texts: ${join(productRoot(), 'THIRD-PARTY-NOTICES.txt')}`,
      ].join('\n'),
    };
  },
});

function read(name: string): string {
  const path = join(productRoot(), name);
  if (!existsSync(path))
    throw new Problem(
      'NOT_FOUND',
      'The list of licences is made with a package (npm run package). In a checkout each package below node_modules has its own, and NOTICE has those of the models.',
    );
  return readFileSync(path, 'utf8');
}
