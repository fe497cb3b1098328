/** Where things with an id are shown: on a page of their own (with `/` at the end), or in a list. */
const screens: Readonly<Record<string, string>> = {
  sub: '/people/',
  ver: '/verifications/',
  sess: '/sessions/',
  rev: '/review/',
  ers: '/receipts/',
  wh: '/webhooks/',
  flw: '/flows/',
  scp: '/uniqueness/',
  key: '/keys',
  ksk: '/kiosks',
  adm: '/administrators',
  apr: '/approvals',
  alr: '/alerts',
  rule: '/alerts/rules',
  site: '/sites',
  bkp: '/backups',
  grt: '/destinations',
  evt: '/webhooks',
};

/** The page of an id that was pasted; undefined for other texts. */
export function hrefOfId(text: string): string | undefined {
  const prefix = /^([a-z]+)_[0-9a-z]{26}$/.exec(text)?.[1];
  const screen = prefix === undefined ? undefined : screens[prefix];
  return screen?.endsWith('/') ? screen + text : screen;
}
