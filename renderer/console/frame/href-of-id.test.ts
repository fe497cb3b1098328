import { expect, test } from 'vitest';
import { hrefOfId } from './href-of-id.ts';

const end = '01m7w3hb8hbf355he5zqwjztdk';

test.each([
  ['sub', `/people/sub_${end}`],
  ['ver', `/verifications/ver_${end}`],
  ['sess', `/sessions/sess_${end}`],
  ['wh', `/webhooks/wh_${end}`],
  ['key', `/keys?find=key_${end}`],
  ['ksk', `/kiosks?find=ksk_${end}`],
  ['adm', `/administrators?find=adm_${end}`],
  ['alr', `/alerts?alert=alr_${end}`],
  ['req', `/audit?request=req_${end}`],
  ['apr', '/approvals'],
])('an id that begins with %s leads to %s', (prefix, href) => {
  expect(hrefOfId(`${prefix}_${end}`)).toBe(href);
});

test('other texts lead nowhere', () => {
  expect(['', 'ada@example.com', 'sub_1', `xyz_${end}`, end].map(hrefOfId)).toEqual(Array(5).fill(undefined));
});
