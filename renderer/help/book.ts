import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { Marked, type Token, type Tokens } from 'marked';
import type { Plugin } from 'vite';

/** One document as `/help` shows it. */
interface HelpDocument {
  /** Last part of its address: `webhooks`. */
  name: string;
  /** In the repository, and below the folder of an installation: `docs/WEBHOOKS.md`. */
  file: string;
  title: string;
  /** Its reader: what its first words name. */
  shelf: string;
  /** Its first sentence after those words, as text. */
  about: string;
  html: string;
  /** What the search looks at: a heading, its anchor, the text up to the next heading. */
  sections: { heading: string; anchor: string; text: string }[];
}
interface HelpBook {
  documents: HelpDocument[];
  /** Pictures and files that the documents link to, by their path in the repository. */
  files: string[];
}

/** Readers, in the order of the shelves; `For <reader>` are the first words of a document. */
export const shelves = ['operators', 'administrators', 'developers', 'auditors', 'contributors'] as const;
/** What the box answers itself, in place of a file of the repository. */
const served: Readonly<Record<string, string>> = {
  'docs/openapi.json': '/openapi.json',
  'README.md': '/help',
  docs: '/help',
};

/** The documents that come with the product, as HTML. `root`: the repository. */
export function readHelp(root: string): HelpBook {
  const paths = [
    ...globSync('docs/*.md', { cwd: root }),
    ...['docs/monitoring/README.md', 'sdk/gatehouse/README.md', 'sdk/mcp/README.md', 'CHANGELOG.md'],
  ]
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
  const names = new Map(paths.map((path) => [path, nameOf(path)]));
  const files = new Set<string>();
  const texts = paths.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
  const titles = new Map(texts.map(([file, text]) => [file, /^# (.+)/m.exec(text)?.[1] ?? file]));
  const documents = texts.map(([file, text]) => readDocument(file, text, { names, titles, files, root }));
  return { documents, files: [...files].sort() };
}

/** `docs/KEYS.md` is `keys`; a README is named after its folder. */
const nameOf = (path: string) =>
  (path.endsWith('/README.md')
    ? path.split('/').slice(-3, -1).join('-').replace('docs-', '')
    : basename(path, '.md')
  ).toLowerCase();

interface Shelf {
  names: ReadonlyMap<string, string>;
  /** First headings, which stand in links in place of a file's name. */
  titles: ReadonlyMap<string, string>;
  files: Set<string>;
  root: string;
}

function readDocument(file: string, text: string, shelf: Shelf): HelpDocument {
  const anchors = new Map<string, number>();
  const marked = new Marked({
    walkTokens: (token) => {
      if (token.type === 'heading') Object.assign(token, { anchor: anchorOf(plain(token.tokens), anchors) });
    },
    renderer: {
      heading({ tokens, depth, ...token }) {
        const anchor = (token as { anchor?: string }).anchor ?? '';
        const inner = this.parser.parseInline(tokens);
        return depth === 1
          ? `<h1 id="${anchor}">${inner}</h1>\n`
          : `<h${depth} id="${anchor}"><a href="#${anchor}">${inner}</a></h${depth}>\n`;
      },
      link({ href, tokens }) {
        const to = addressOf(href, file, shelf);
        const named =
          /^[A-Z-]+\.md$/.test(plain(tokens)) &&
          shelf.titles.get(posix.join(dirname(file), href.split('#')[0]!));
        const inner = named ? escapeHtml(named) : this.parser.parseInline(tokens);
        return to === undefined
          ? `<span title="In the source code: ${escapeHtml(posix.join(dirname(file), href))}">${inner}</span>`
          : `<a href="${escapeHtml(to)}">${inner}</a>`;
      },
      image({ href, text: alt }) {
        return `<img src="${escapeHtml(addressOf(href, file, shelf) ?? '')}" alt="${escapeHtml(alt)}" loading="lazy">`;
      },
    },
  });
  const tokens = marked.lexer(text.replace(/^<!--[\s\S]*?-->\s*/, ''));
  marked.walkTokens(tokens, marked.defaults.walkTokens!);
  const [first] = tokens.filter((token) => token.type === 'paragraph' || token.type === 'blockquote');
  const [, reader, about] = /^For (\w+)[^.:]*[.:]\s*(.*?\.(?=\s|$))/s.exec(plain([first!])) ?? [];
  return {
    name: shelf.names.get(file)!,
    file,
    title: plain([tokens.find((token) => token.type === 'heading')!]),
    shelf: shelves.find((one) => one === reader) ?? 'developers',
    about: about?.replaceAll(/\s+/g, ' ') ?? '',
    html: marked
      .parser(tokens)
      .replaceAll('<table>', '<div class="scroll" tabindex="0"><table>')
      .replaceAll('</table>', '</table></div>')
      .replaceAll('<pre>', '<pre tabindex="0">'),
    sections: sectionsOf(tokens),
  };
}

/** Where a link leads on a box; undefined: to what only the source code has. */
function addressOf(href: string, from: string, { names, files, root }: Shelf): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:|^[#/]/i.test(href)) return href;
  const [path = '', anchor] = href.split('#');
  const target = posix.join(dirname(from), decodeURIComponent(path)).replace(/\/$/, '');
  const name = names.get(target);
  if (name !== undefined) return `/help/${name}${anchor === undefined ? '' : `#${anchor}`}`;
  if (served[target] !== undefined) return served[target];
  if (/^(?:docs\/(?:screens|monitoring)|installers\/cluster)\/[\w.-]+$/.test(target)) {
    readFileSync(join(root, target));
    files.add(target);
    return `/help/files/${basename(target)}`;
  }
  return undefined;
}

function sectionsOf(tokens: readonly Token[]): HelpDocument['sections'] {
  const sections: HelpDocument['sections'] = [];
  for (const token of tokens) {
    if (token.type === 'heading')
      sections.push({
        heading: plain([token]),
        anchor: (token as { anchor?: string }).anchor ?? '',
        text: '',
      });
    else {
      const last = sections.at(-1);
      if (last) last.text = `${last.text} ${plain([token])}`.trim().replaceAll(/\s+/g, ' ');
    }
  }
  return sections;
}

/** The text of tokens without their marks. */
function plain(tokens: readonly Token[] | undefined): string {
  return (tokens ?? [])
    .map((token): string => {
      if (token.type === 'table') {
        const { header, rows } = token as Tokens.Table;
        return [header, ...rows].map((row) => row.map((cell) => plain(cell.tokens)).join(' ')).join(' ');
      }
      if (token.type === 'list')
        return (token as Tokens.List).items.map((item) => plain(item.tokens)).join(' ');
      if (token.type === 'html') return '';
      const inner = (token as { tokens?: Token[] }).tokens;
      if (inner) return plain(inner);
      return 'text' in token
        ? decode(token.text as string)
        : token.type === 'space' || token.type === 'br'
          ? ' '
          : '';
    })
    .join('');
}

const decode = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The anchor that GitHub makes of a heading. */
function anchorOf(heading: string, seen: Map<string, number>): string {
  const slug = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
  const count = seen.get(slug) ?? 0;
  seen.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}

/** Writes `help/book.json`, and what the documents show beside it, into the build of the pages. */
export function help(): Plugin {
  let root = '';
  return {
    name: 'help',
    apply: 'build',
    configResolved: (config) => {
      root = join(config.root, '..');
    },
    generateBundle() {
      const book = readHelp(root);
      this.emitFile({ type: 'asset', fileName: 'help/book.json', source: JSON.stringify(book) });
      for (const file of book.files)
        this.emitFile({
          type: 'asset',
          fileName: `help/files/${basename(file)}`,
          source: readFileSync(join(root, file)),
        });
    },
  };
}
