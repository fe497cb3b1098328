import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productRoot } from './product-root.ts';

/** What a version changed, as CHANGELOG.md has it, without its markup. */
export interface ReleaseNotes {
  /** `Security`, `New`; empty: what stands before the first heading. */
  heading: string;
  items: string[];
}

/** Of this version, from the file beside the program; empty where it has none. */
export function readReleaseNotes(version: string): ReleaseNotes[] {
  let text: string;
  try {
    text = readFileSync(join(productRoot(), 'CHANGELOG.md'), 'utf8');
  } catch {
    return [];
  }
  return notesOf(text, version);
}

/** The list items of the part of a version, by their headings. */
export function notesOf(changelog: string, version: string): ReleaseNotes[] {
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((one) => one.split(/\s/, 1)[0] === version);
  if (part === undefined) return [];
  return part
    .slice(part.indexOf('\n') + 1)
    .split(/^### /m)
    .map((section, i) => {
      const heading = i === 0 ? '' : (section.split('\n', 1)[0] ?? '').trim();
      const body = i === 0 ? section : section.slice(section.indexOf('\n') + 1);
      return { heading, items: itemsOf(body) };
    })
    .filter(({ items }) => items.length > 0);
}

/** Items of the first level, each with its further lines; blocks of code are left out. */
const itemsOf = (body: string): string[] =>
  body
    .replace(/^\s*```[\s\S]*?^\s*```$/gm, '')
    .split(/^- /m)
    .slice(1)
    .map((item) => plain(item.split(/\n\s*\n/, 1)[0] ?? ''));

const plain = (markdown: string): string =>
  markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*([^*]*)\*\*/g, '$1')
    .replace(/`([^`]*)`/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
