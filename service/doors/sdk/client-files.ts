import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ClientFile {
  /** With the version in it: what it names never changes. */
  name: string;
  about: string;
  type: string;
  bytes: Buffer;
  /** Hexadecimal. */
  sha256: string;
  /** For the attribute `integrity` of a script tag. */
  integrity: string;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';
const kinds = [
  ['sdk', 'tgz', 'application/gzip', '@gatehouse/sdk for npm: Proof, HumanPass, huma, webhooks, React, Next'],
  ['mcp', 'tgz', 'application/gzip', '@gatehouse/mcp for npm: presence as tools for AI agents, over stdio'],
  ['mcp', 'mjs', SCRIPT, 'the same as one file for Node 20 or newer'],
  ['proof', 'js', SCRIPT, 'script for a page: GatehouseProof.ProofClient'],
  ['proof', 'd.ts', TEXT, 'its types'],
  ['humanpass', 'js', SCRIPT, 'script for a page: GatehouseHumanPass.HumanPassClient'],
  ['humanpass', 'd.ts', TEXT, 'its types'],
  ['huma', 'js', SCRIPT, 'script for a page: Huma, the same as /sdk/gatehouse.js'],
  ['huma', 'd.ts', TEXT, 'its types'],
] as const;

/** Reads what `npm run build:sdk` made of this version, at the first request; undefined: it is not there. */
export function createClientFiles(
  folder: string,
  version: string,
): () => Promise<readonly ClientFile[] | undefined> {
  let read: Promise<ClientFile[]> | undefined;
  return async () => {
    read ??= Promise.all(kinds.map((kind) => readClientFile(folder, version, kind)));
    try {
      return await read;
    } catch (error) {
      read = undefined;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
}

async function readClientFile(
  folder: string,
  version: string,
  [package_, ending, type, about]: (typeof kinds)[number],
): Promise<ClientFile> {
  const name = `gatehouse-${package_}-${version}.${ending}`;
  const bytes = await readFile(join(folder, name));
  const digest = (algorithm: string) => createHash(algorithm).update(bytes);
  const sha256 = digest('sha256').digest('hex');
  return { name, about, type, bytes, sha256, integrity: `sha384-${digest('sha384').digest('base64')}` };
}

/** As the list of `/sdk/` says it. */
export const listed = ({ bytes, ...file }: ClientFile) => ({
  ...file,
  url: `/sdk/${file.name}`,
  bytes: bytes.length,
});
