import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { createHelpSearch, type SearchHelp } from './search.ts';

const Book = z.object({
  documents: z.array(
    z.object({
      name: z.string(),
      file: z.string(),
      title: z.string(),
      shelf: z.enum(['operators', 'administrators', 'developers', 'auditors', 'contributors']),
      about: z.string(),
      html: z.string(),
      sections: z.array(z.object({ heading: z.string(), anchor: z.string(), text: z.string() })),
    }),
  ),
});
export type HelpDocument = z.infer<typeof Book>['documents'][number];
export interface HelpBook {
  documents: readonly HelpDocument[];
  search: SearchHelp;
  files: ReadonlyMap<string, { type: string; bytes: Buffer }>;
}

/** All others are configurations. */
const types: Readonly<Record<string, string>> = {
  '.webp': 'image/webp',
  '.json': 'application/json; charset=utf-8',
};

/** Reads what `npm run build:renderer` made of the documents, at the first request; undefined: it is not there. */
export function createBook(folder: string): () => Promise<HelpBook | undefined> {
  let read: Promise<HelpBook | undefined> | undefined;
  return async () => {
    read ??= readBook(folder);
    const book = await read;
    if (!book) read = undefined;
    return book;
  };
}

async function readBook(folder: string): Promise<HelpBook | undefined> {
  const text = await readFile(join(folder, 'book.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { documents } = Book.parse(JSON.parse(text));
  const files = new Map<string, { type: string; bytes: Buffer }>();
  for (const name of await readdir(join(folder, 'files')).catch(() => [])) {
    const type = types[extname(name)] ?? 'text/plain; charset=utf-8';
    files.set(name, { type, bytes: await readFile(join(folder, 'files', name)) });
  }
  return { documents, files, search: await createHelpSearch(documents) };
}
