import { readFile } from 'node:fs/promises';
import { UsageError } from './failure.ts';
import { userPath } from './user-path.ts';

/** The bytes of a picture the person named; `-` reads standard input. */
export async function readPicture(path: string): Promise<Uint8Array> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  const file = userPath(path);
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`There is no picture at ${file}.`);
    if (code === 'EISDIR') {
      throw new UsageError(`${file} is a folder. For many pictures: subject import ${path}`);
    }
    throw error;
  }
}
