/** One screen in the states that are worth a picture. Add yours here; `npm run screens -- --only /people` shows what matches. */
export interface Screen {
  /** Below `/console`, or an absolute address such as `//kiosk/`. `{…}` is filled in from what the demo data hold. */
  path: string;
  /** Only with these data; absent: with both. */
  data?: 'empty' | 'full';
  /** Opened before anything else is done: a button, link, menu item or choice, by its name. */
  press?: readonly string[];
  /** Only at this width. */
  wide?: true;
  narrow?: true;
  /** The name of the picture, where the path is not enough. */
  name?: string;
}

export const screens: readonly Screen[] = [
  { path: '/overview' },
  { path: '/overview?span=week', data: 'full', name: 'overview-week' },
  { path: '/people' },
  { path: '/people/import', data: 'full' },
  { path: '/people/{person}', data: 'full', name: 'person' },
  { path: '/people/{person}', data: 'full', press: ['Erase person'], name: 'erase' },
  { path: '/enroll', data: 'full' },
  { path: '/enroll', data: 'full', press: ['Reads and signs here'], name: 'enroll-sign' },
  { path: '/sessions' },
  { path: '/verifications' },
  { path: '/verifications/{verification}', data: 'full', name: 'verification' },
  { path: '/keys' },
  { path: '/keys/new', data: 'full' },
  { path: '/webhooks' },
  { path: '/webhooks/new' },
  { path: '/webhooks/verify', data: 'full' },
  { path: '/webhooks/{webhook}?delivery={delivery}', data: 'full', name: 'webhook' },
  { path: '/webhooks/{webhook}?state=dropped', data: 'full', name: 'webhook-no-hit' },
  { path: '/webhooks/{webhook}/change', data: 'full', name: 'change-webhook' },
  { path: '/webhooks/{webhook}/deliveries/{delivery}', data: 'full', name: 'delivery' },
  { path: '/webhooks/{webhook}', data: 'full', press: ['Send test event'], name: 'webhook-test' },
  { path: '/webhooks/{webhook}', data: 'full', press: ['Rotate secret'], name: 'rotate-secret' },
  { path: '/webhooks/{webhook}', data: 'full', press: ['Replay'], name: 'replay' },
  {
    ...{ path: '/webhooks/{webhook}', data: 'full', name: 'remove-webhook' },
    press: ['More actions', 'Remove webhook'],
  },
  { path: '/destinations' },
  { path: '/destinations?state=all', data: 'full', name: 'destinations-all' },
  { path: '/destinations', data: 'full', press: ['Allow a destination'], name: 'allow-destination' },
  { path: '/jobs' },
  { path: '/settings' },
  { path: '/settings?env=test', data: 'full', name: 'settings-test-world' },
  { path: '/profiles', data: 'full' },
  { path: '/profiles/default', name: 'profile-built-in' },
  { path: '/profiles/front-desk', data: 'full', name: 'profile-own' },
  { path: '/profiles/front-desk/versions?from=1&to=2', data: 'full', name: 'profile-versions' },
  { path: '/profiles/default/versions', data: 'empty' },
  { path: '/profiles/new', data: 'full' },
  { path: '/profiles/gone', data: 'empty' },
  {
    path: '/profiles',
    data: 'full',
    press: ['Actions for Front desk', 'Delete profile'],
    name: 'delete-profile',
  },
  { path: '/flows' },
  { path: '/flows/new', data: 'empty' },
  { path: '/flows/{flow}', data: 'full', name: 'flow' },
  { path: '/flows/targets' },
  { path: '/flows', data: 'full', press: ['Actions for Visitors', 'Publish changes'], name: 'publish-flow' },
  { path: '/sites' },
  { path: '/sites/new', data: 'full' },
  { path: '/administrators' },
  { path: '/administrators/new', data: 'empty' },
  { path: '/alerts' },
  { path: '/alerts/rules' },
  { path: '/audit' },
  { path: '/security' },
  { path: '/add-passkey', data: 'empty' },
  { path: '/backups' },
  { path: '/models' },
  { path: '/models/faceres', data: 'empty', name: 'model' },
  { path: '/models/faceres', data: 'full', press: ['Switch on'], name: 'model-switch' },
  { path: '/approvals' },
  { path: '/alerts/recipients' },
  { path: '/nowhere', data: 'empty' },
  { path: '/settings', data: 'full', press: ['Search or go to'], name: 'palette' },
  { path: '/settings', data: 'full', press: ['Account of Elin'], name: 'account-menu', wide: true },
  { path: '/settings', data: 'full', press: ['Open navigation'], name: 'navigation', narrow: true },
  { path: '/review' },
  { path: '/review?state=decided', data: 'full', name: 'review-decided' },
  { path: '/review/{review}', data: 'full', name: 'review-item' },
  { path: '/review/{reviewWaiting}', data: 'full', name: 'review-waiting' },
  { path: '/review/{reviewWaiting}', data: 'full', press: ['Different people'], name: 'review-enroll' },
  { path: '/review/{review}', data: 'full', press: ['Another picture'], name: 'review-picture' },
  { path: '/review/{reviewDecided}', data: 'full', name: 'review-undo' },
  { path: '/kiosks' },
  {
    path: '/kiosks',
    data: 'full',
    press: ['Actions for Lisbon entrance 2', 'Revoke kiosk'],
    name: 'kiosk-revoke',
  },
  { path: '/kiosks/pair', data: 'empty' },
  { path: '/sites', data: 'full', press: ['Actions for Oslo', 'Remove site'], name: 'remove-site' },
];
