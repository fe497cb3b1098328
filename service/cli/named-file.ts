import { readFile } from 'node:fs/promises';
import { UsageError } from './failure.ts';
import { userPath } from './user-path.ts';

/** The bytes of a file that the person named; `-` reads standard input. `what` it holds: “picture”. */
async function readNamed(path: string, what: string): Promise<Buffer> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  const file = userPath(path);
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`There is no ${what} at ${file}.`);
    if (error.code === 'EISDIR')
      throw new UsageError(
        `${file} is a folder.${what === 'picture' ? ` For many pictures: subject import ${path}` : ''}`,
      );
    throw error;
  });
}

export const readPicture = (path: string): Promise<Uint8Array> => readNamed(path, 'picture');

export const readText = async (path: string, what: string): Promise<string> =>
  (await readNamed(path, what)).toString('utf8');
