import { expect, test } from 'vitest';
import de from '../../renderer/console/reasons/action-strings.de.json' with { type: 'json' };
import en from '../../renderer/console/reasons/action-strings.en.json' with { type: 'json' };
import { auditActions } from '../../service/engine/audit/actions.ts';

test.each(Object.entries({ en, de }))('the console has a name for each action, in %s', (_, names) => {
  expect(Object.keys(names).sort()).toEqual([...auditActions].sort());
});
