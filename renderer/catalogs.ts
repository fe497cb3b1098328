import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import type { Message, Messages } from './ui/strings/define-strings.ts';

interface Catalog {
  /** As the code names it: the path under renderer/ without `.en.json`. */
  name: string;
  en: Messages;
  de: Messages;
}

const namesFile = 'ui/strings/names.json';

/** `root`: the folder renderer/. */
export function readCatalogs(root: string): Catalog[] {
  const read = (name: string, language: string) =>
    JSON.parse(readFileSync(join(root, `${name}.${language}.json`), 'utf8')) as Messages;
  return globSync('**/*.en.json', { cwd: root })
    .map((file) => file.replaceAll('\\', '/').replace(/\.en\.json$/, ''))
    .sort()
    .map((name) => ({ name, en: read(name, 'en'), de: read(name, 'de') }));
}

export const textsOf = (message: Message) =>
  typeof message === 'string' ? [message] : [message.one, message.other];
const matches = (message: Message, pattern: RegExp) =>
  [...new Set(textsOf(message).flatMap((text) => text.match(pattern) ?? []))].sort();
const namesAndTags = (message: Message) => matches(message, /\{\w+\}|<\/?\w+>/g).join(' ');

/** A sentence without a German text, one that English lacks, and one with other `{names}` or tags in German. */
export function faultsOf({ name, en, de }: Catalog): string[] {
  return [...new Set([...Object.keys(en), ...Object.keys(de)])].flatMap((key) => {
    const [english, german] = [en[key], de[key]];
    if (english === undefined) return [`${name} ${key}: no English`];
    if (german === undefined || textsOf(german).some((text) => text.trim() === ''))
      return [`${name} ${key}: no German`];
    if (typeof english !== typeof german) return [`${name} ${key}: plural forms in one language only`];
    const [asked, given] = [namesAndTags(english), namesAndTags(german)];
    return asked === given ? [] : [`${name} ${key}: ${asked} is not ${given}`];
  });
}

/** The text of ui/strings/names.json: an object of names for each sentence that has some. JSON keeps keys as types, and no texts. */
export function namesOf(catalogs: readonly Catalog[]): string {
  const body = catalogs.flatMap(({ name, en }) => {
    const lines = Object.entries(en).flatMap(([key, message]) => {
      const names = new Set(matches(message, /\{\w+\}/g).map((hole) => hole.slice(1, -1)));
      if (typeof message !== 'string') names.add('count');
      const fields = [...names].sort().map((one) => `"${one}": 0`);
      return names.size === 0 ? [] : [`    "${key}": { ${fields.join(', ')} }`];
    });
    return lines.length === 0 ? [] : [`  "${name}": {\n${lines.join(',\n')}\n  }`];
  });
  return `{\n${body.join(',\n')}\n}\n`;
}

/** Fails a build with a sentence that is missing in a language, or whose types are not written yet. */
export function catalogs(): Plugin {
  let root = '';
  return {
    name: 'catalogs',
    apply: 'build',
    configResolved: (config) => {
      root = config.root;
    },
    buildStart() {
      const all = readCatalogs(root);
      const faults = all.flatMap(faultsOf);
      if (namesOf(all) !== readFileSync(join(root, namesFile), 'utf8'))
        faults.push(`${namesFile} is not of these catalogs: npm run generate`);
      if (faults.length > 0) this.error(faults.join('\n'));
    },
  };
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, namesFile), namesOf(readCatalogs(import.meta.dirname)));
}
