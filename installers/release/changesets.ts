import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bump, Change } from './changelog.ts';

const FRONT = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/;
const LINE = /^["']?([^"':]+)["']?: *(major|minor|patch)$/;

/** What waits in `.changeset`, by file name. */
export async function readChanges(root: string): Promise<Change[]> {
  const folder = join(root, '.changeset');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md');
  return Promise.all(
    names.sort().map(async (name) => readChange(name, await readFile(join(folder, name), 'utf8'))),
  );
}

/** One file: which packages change how much, and the sentence. The greatest change counts. */
export function readChange(name: string, text: string): Change {
  const [, front = '', summary = ''] = FRONT.exec(text.replaceAll('\r\n', '\n')) ?? [];
  const bumps = front.split('\n').map((line) => LINE.exec(line.trim())?.[2] as Bump | undefined);
  const bump = (['major', 'minor', 'patch'] as const).find((one) => bumps.includes(one));
  if (bump === undefined || bumps.includes(undefined) || summary.trim() === '')
    throw new Error(
      `.changeset/${name} is no changeset: it begins with ---, "@gatehouse/sdk": patch, minor or major, ---, and then says what changed.`,
    );
  return { bump, summary: summary.trim() };
}
