import { expect, test } from 'vitest';
import { notesOf, readReleaseNotes } from './release-notes.ts';
import { productVersion } from './version.ts';

const changelog = `# Release notes

## 0.2.0 (not released yet)

### New

- **Verify** in the [console](docs/CONSOLE.md), with \`Ctrl K\`
  on two lines.
- Another.

### Security

- It called home:

  \`\`\`
  - rm -rf x
  \`\`\`

- The last.

## 0.1.0

- The first.
`;

test('the notes of one version, by heading, without markup', () => {
  expect(notesOf(changelog, '0.2.0')).toEqual([
    { heading: 'New', items: ['Verify in the console, with Ctrl K on two lines.', 'Another.'] },
    { heading: 'Security', items: ['It called home:', 'The last.'] },
  ]);
  expect(notesOf(changelog, '0.1.0')).toEqual([{ heading: '', items: ['The first.'] }]);
  expect(notesOf(changelog, '0.1')).toEqual([]);
});

test('this version has notes, and none has markup', () => {
  const notes = readReleaseNotes(productVersion());
  expect(notes.length).toBeGreaterThan(0);
  expect(JSON.stringify(notes)).not.toMatch(/\*\*|\]\(/);
});
