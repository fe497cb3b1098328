import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of Gatehouse itself, which holds package.json and models/: the same from the sources and from `dist/`. */
export function productRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder))
      throw new Error(`No folder above ${from} holds a package.json: reinstall Gatehouse.`);
  }
}
