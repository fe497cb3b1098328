import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const bundles = [
  { list: 'dist/renderer/.vite/licences.json', place: 'dist/renderer/assets/*', where: 'the pages' },
  { list: 'dist/clients/licences.json', place: 'dist/clients/gatehouse-mcp-*', where: 'the MCP server' },
];

interface Bundled {
  name: string;
  version: string;
  identifier?: string;
  text?: string;
  /** The files that hold it, and these in words. */
  place: string;
  where: string;
}

/** Vite's lists of the libraries that it put into files of the tree. */
export async function readBundled(tree: string): Promise<Bundled[]> {
  const found: Bundled[] = [];
  for (const { list, place, where } of bundles) {
    const libraries: Omit<Bundled, 'place' | 'where'>[] = JSON.parse(
      await readFile(join(tree, list), 'utf8'),
    );
    for (const { name, version, identifier, text } of libraries)
      found.push({ name, version, ...(identifier && { identifier }), ...(text && { text }), place, where });
  }
  return found;
}
