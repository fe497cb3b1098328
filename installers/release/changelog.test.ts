import { expect, test } from 'vitest';
import { withRelease } from './changelog.ts';

const earlier = '## 0.1.0\n\n- The first.\n';
const release = (changelog: string) =>
  withRelease(changelog, {
    version: '0.2.0',
    date: '2026-11-22',
    changes: [
      { bump: 'patch', summary: 'A smaller thing.' },
      { bump: 'minor', summary: 'A new thing,\nin two lines.' },
    ],
  });

test('what was written by hand stays, changes come below the heading of their kind, earlier releases are untouched', () => {
  const changelog = `# Release notes\n\n## 0.1.1 (not released yet)\n\n### New\n\n- By hand.\n\n### Security\n\n- A fix.\n\n${earlier}`;
  expect(release(changelog)).toBe(
    `# Release notes\n\n## 0.2.0 (2026-11-22)\n\n### New\n\n- By hand.\n- A new thing,\n  in two lines.\n\n### Security\n\n- A fix.\n\n### Changed\n\n- A smaller thing.\n\n${earlier}`,
  );
});

test('without notes by hand the release begins its own section', () => {
  expect(release(`# Release notes\n\n${earlier}`)).toBe(
    `# Release notes\n\n## 0.2.0 (2026-11-22)\n\n### New\n\n- A new thing,\n  in two lines.\n\n### Changed\n\n- A smaller thing.\n\n${earlier}`,
  );
});

test('a version is released once', () => {
  expect(() => release('# Release notes\n\n## 0.2.0 (2026-11-01)\n\n- Out.\n')).toThrow(
    'CHANGELOG.md has a release 0.2.0 already.',
  );
});
