import { expect, test } from 'vitest';
import type { Attention, Overviews } from '../../engine/appliance/index.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { attentionFor } from './overview.ts';

const item = (code: string, screen: Attention['screen']): Attention => ({
  code,
  urgency: 'soon',
  sentence: `${code}.`,
  remedy: 'Look at it.',
  screen,
});
const overviews = {
  attention: async () => [item('SETUPS_UNFINISHED', 'setup'), item('ALERT_OPEN', 'alerts')],
} as unknown as Overviews;
const status = async () => ({ attention: [item('NO_BACKUP', 'backups')] });

/** What a caller is shown who may, or may not, act on the whole box. */
async function shownTo(forBox: boolean): Promise<string[]> {
  const realm = { organization: 'org_1' as OrganizationId, world: 'live' as const };
  return (await attentionFor({ overviews, status }, realm, forBox)).map(({ code }) => code).sort();
}

test('the assistant is named to callers who can finish it, as is what the box needs, and to no other', async () => {
  expect(await shownTo(true)).toEqual(['ALERT_OPEN', 'NO_BACKUP', 'SETUPS_UNFINISHED']);
  expect(await shownTo(false)).toEqual(['ALERT_OPEN']);
});
