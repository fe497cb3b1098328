export type Bump = 'major' | 'minor' | 'patch';

export interface Change {
  bump: Bump;
  /** Markdown. */
  summary: string;
}

const HEADINGS: Record<Bump, string> = { major: '### Incompatible', minor: '### New', patch: '### Changed' };
const WAITING = /^## (\S+) \(not released yet\)$/m;

/**
 * CHANGELOG.md with the release at its top: what was written there by hand under "not released yet", and below each heading the changes
 * of its kind. Without such a section it begins one.
 */
export function withRelease(
  changelog: string,
  { version, date, changes }: { version: string; date: string; changes: readonly Change[] },
): string {
  const heading = `## ${version} (${date})`;
  if (changelog.includes(`\n## ${version} (`) && WAITING.exec(changelog)?.[1] !== version)
    throw new Error(`CHANGELOG.md has a release ${version} already.`);
  const begun = WAITING.test(changelog) ? changelog : changelog.replace(/\n(?=## |$)/, `\n${waiting}\n`);
  const at = begun.search(WAITING);
  const next = begun.indexOf('\n## ', at + 1);
  const end = next === -1 ? begun.length : next + 1;
  let section = begun.slice(at, end).replace(WAITING, heading);
  for (const bump of ['major', 'minor', 'patch'] as const) {
    const own = changes.filter((change) => change.bump === bump);
    if (own.length > 0) section = withLines(section, HEADINGS[bump], own.map(asItem));
  }
  return begun.slice(0, at) + section + begun.slice(end);
}

/** The version that CHANGELOG.md names as the next one: package.json of the product and of the SDKs have it already. */
export const waitingVersion = (changelog: string): string | undefined => WAITING.exec(changelog)?.[1];

const waiting = '## 0.0.0 (not released yet)\n';

/** Below its heading, after what stands there; the heading is added where it is missing. */
function withLines(section: string, heading: string, items: readonly string[]): string {
  const at = section.indexOf(`${heading}\n`);
  if (at === -1) return `${section.trimEnd()}\n\n${heading}\n\n${items.join('')}\n`;
  const next = section.indexOf('\n### ', at + heading.length);
  const end = next === -1 ? section.length : next;
  return `${section.slice(0, end).trimEnd()}\n${items.join('')}${next === -1 ? '\n' : ''}${section.slice(end)}`;
}

const asItem = ({ summary }: Change): string => `- ${summary.trim().replaceAll('\n', '\n  ')}\n`;
