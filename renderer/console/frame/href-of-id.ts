/** Where things with an id are shown: on a page of their own, or in a list that is searched for it (with `/` or `=` at the end), or in a list. */
const screens: Readonly<Record<string, string>> = {
  sub: '/people/',
  ver: '/verifications/',
  sess: '/sessions/',
  rev: '/review/',
  ers: '/receipts/',
  wh: '/webhooks/',
  flw: '/flows/',
  scp: '/uniqueness/',
  key: '/keys?find=',
  ksk: '/kiosks?find=',
  adm: '/administrators?find=',
  apr: '/approvals',
  alr: '/alerts?alert=',
  rule: '/alerts/rules',
  site: '/sites?find=',
  bkp: '/backups',
  grt: '/destinations',
  evt: '/webhooks',
  req: '/audit?request=',
};

/** The page of an id that was pasted; undefined for other texts. */
export function hrefOfId(text: string): string | undefined {
  const prefix = /^([a-z]+)_[0-9a-z]{26}$/.exec(text)?.[1];
  const screen = prefix === undefined ? undefined : screens[prefix];
  return /[/=]$/.test(screen ?? '') ? screen + text : screen;
}
