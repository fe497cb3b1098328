import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { behaviorRules } from './rules.ts';

test('docs/BEHAVIOR.md has every rule as it is', () => {
  const text = readFileSync(new URL('../../../docs/BEHAVIOR.md', import.meta.url), 'utf8');
  const rows = behaviorRules.map(
    ({ name, hard, logOdds, explains }) =>
      `| \`${name}\` | ${hard ? 'yes' : 'no'} | ${String(logOdds).replace('-', '−')} | ${explains} |`,
  );
  expect(text.split('<!-- rules -->\n')[1]?.split('\n<!-- /rules -->')[0]?.split('\n')).toEqual(rows);
});
