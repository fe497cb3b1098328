import {
  IconActivityHeartbeat,
  IconAdjustmentsHorizontal,
  IconBell,
  IconCpu,
  IconDatabaseExport,
  IconDeviceMobile,
  IconDeviceTablet,
  IconEyeCheck,
  IconFileCertificate,
  IconFileText,
  IconFingerprint,
  IconKey,
  IconLayoutDashboard,
  IconListCheck,
  IconMapPin,
  IconRoute,
  IconScale,
  IconSend,
  IconServer2,
  IconSettings,
  IconStack2,
  IconUserCheck,
  IconUserPlus,
  IconUsers,
  IconUsersGroup,
  IconWebhook,
  type TablerIcon,
} from '@tabler/icons-react';
import type { Role } from '../api/auth.ts';
import {
  auditors,
  mayOpen,
  operators,
  readers,
  reviewers,
  type ScreenData,
  sessionReaders,
} from '../screen-data.ts';
import type { frameStrings } from './frame-strings.ts';

export interface NavigationEntry extends ScreenData {
  to: string;
  label: keyof (typeof frameStrings)['en'];
  icon: TablerIcon;
  /** Shown where several services share the database. */
  ofNodes?: true;
  /** The document that explains it, and a heading of it: `/help/<help>`. */
  help: string;
}
export interface NavigationGroup {
  label?: keyof (typeof frameStrings)['en'];
  entries: readonly NavigationEntry[];
}

/** The screens of the navigation, by group and frequency. One is shown where its route exists and the role may open it. */
export const navigation: readonly NavigationGroup[] = [
  {
    entries: [
      {
        to: '/overview',
        label: 'overview',
        icon: IconLayoutDashboard,
        help: 'operations#monitoring',
        roles: readers,
      },
    ],
  },
  {
    label: 'groupPeople',
    entries: [
      { to: '/people', label: 'people', icon: IconUsers, help: 'subject-record', roles: readers },
      { to: '/enroll', label: 'enroll', icon: IconUserPlus, help: 'enrollment', roles: operators },
      { to: '/verify', label: 'verify', icon: IconUserCheck, help: 'profiles', roles: operators },
      { to: '/verifications', label: 'verifications', icon: IconListCheck, help: 'profiles', roles: readers },
      {
        to: '/review',
        label: 'review',
        icon: IconScale,
        help: 'uniqueness#how-a-person-is-judged',
        roles: reviewers,
      },
      {
        to: '/sessions',
        label: 'liveSessions',
        icon: IconDeviceMobile,
        help: 'sessions',
        roles: sessionReaders,
      },
    ],
  },
  {
    label: 'groupRules',
    entries: [
      {
        to: '/profiles',
        label: 'profiles',
        icon: IconAdjustmentsHorizontal,
        help: 'profiles',
        roles: readers,
      },
      { to: '/flows', label: 'flows', icon: IconRoute, help: 'hosted#flows', roles: readers },
      { to: '/uniqueness', label: 'uniqueness', icon: IconFingerprint, help: 'uniqueness', roles: readers },
      { to: '/behavior', label: 'behavior', icon: IconActivityHeartbeat, help: 'behavior', roles: readers },
      { to: '/models', label: 'models', icon: IconCpu, help: 'models', appliance: true },
      { to: '/sites', label: 'sites', icon: IconMapPin, help: 'profiles#the-fields', roles: readers },
    ],
  },
  {
    label: 'groupConnections',
    entries: [
      { to: '/keys', label: 'apiKeys', icon: IconKey, help: 'keys', roles: readers },
      { to: '/webhooks', label: 'webhooks', icon: IconWebhook, help: 'webhooks', roles: readers },
      {
        to: '/destinations',
        label: 'destinations',
        icon: IconSend,
        help: 'webhooks#destinations-and-grants',
        roles: readers,
      },
      { to: '/kiosks', label: 'kiosks', icon: IconDeviceTablet, help: 'kiosk', roles: readers },
    ],
  },
  {
    label: 'groupOperations',
    entries: [
      { to: '/alerts', label: 'alerts', icon: IconBell, help: 'webhooks#alerts', roles: readers },
      {
        to: '/jobs',
        label: 'jobs',
        icon: IconStack2,
        help: 'operations#webhooks-alerts-jobs',
        appliance: true,
      },
      {
        to: '/nodes',
        label: 'nodes',
        icon: IconServer2,
        help: 'nodes',
        appliance: true,
        ofNodes: true,
      },
      { to: '/audit', label: 'auditLog', icon: IconFileText, help: 'security', roles: auditors },
      {
        to: '/backups',
        label: 'backups',
        icon: IconDatabaseExport,
        help: 'operations#first-day',
        appliance: true,
      },
    ],
  },
  {
    label: 'groupOrganization',
    entries: [
      {
        to: '/administrators',
        label: 'administrators',
        icon: IconUsersGroup,
        help: 'operations#administrators',
        roles: ['owner', 'auditor'],
      },
      {
        to: '/approvals',
        label: 'approvals',
        icon: IconEyeCheck,
        help: 'operations#administrators',
        roles: readers,
      },
      { to: '/evidence', label: 'evidence', icon: IconFileCertificate, help: 'figures', roles: readers },
      { to: '/settings', label: 'settings', icon: IconSettings, help: 'privacy', roles: readers },
    ],
  },
];

/** Where a reader with this role begins. */
export const firstScreenOf = (user: { role: Role; applianceOwner: boolean }): string =>
  navigation.flatMap(({ entries }) => entries).find((entry) => mayOpen(entry, user))?.to ?? '/settings';

/** The help for the screen at `path`: its document, or the list of documents. */
export function helpFor(path: string): string {
  const entry = navigation
    .flatMap(({ entries }) => entries)
    .find(({ to }) => path === to || path.startsWith(`${to}/`));
  return entry === undefined ? '/help' : `/help/${entry.help}`;
}

/** The documents for a role, first in the list. */
export const helpOf = (role: Role): string =>
  role === 'auditor' ? '/help#auditors' : '/help#administrators';
