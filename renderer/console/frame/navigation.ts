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
}
export interface NavigationGroup {
  label?: keyof (typeof frameStrings)['en'];
  entries: readonly NavigationEntry[];
}

/** The screens of the navigation, by group and frequency. One is shown where its route exists and the role may open it. */
export const navigation: readonly NavigationGroup[] = [
  { entries: [{ to: '/overview', label: 'overview', icon: IconLayoutDashboard, roles: readers }] },
  {
    label: 'groupPeople',
    entries: [
      { to: '/people', label: 'people', icon: IconUsers, roles: readers },
      { to: '/enroll', label: 'enroll', icon: IconUserPlus, roles: operators },
      { to: '/verify', label: 'verify', icon: IconUserCheck, roles: operators },
      { to: '/verifications', label: 'verifications', icon: IconListCheck, roles: readers },
      { to: '/review', label: 'review', icon: IconScale, roles: reviewers },
      { to: '/sessions', label: 'liveSessions', icon: IconDeviceMobile, roles: sessionReaders },
    ],
  },
  {
    label: 'groupRules',
    entries: [
      { to: '/profiles', label: 'profiles', icon: IconAdjustmentsHorizontal, roles: readers },
      { to: '/flows', label: 'flows', icon: IconRoute, roles: readers },
      { to: '/uniqueness', label: 'uniqueness', icon: IconFingerprint, roles: readers },
      { to: '/behavior', label: 'behavior', icon: IconActivityHeartbeat, roles: readers },
      { to: '/models', label: 'models', icon: IconCpu, appliance: true },
      { to: '/sites', label: 'sites', icon: IconMapPin, roles: readers },
    ],
  },
  {
    label: 'groupConnections',
    entries: [
      { to: '/keys', label: 'apiKeys', icon: IconKey, roles: readers },
      { to: '/webhooks', label: 'webhooks', icon: IconWebhook, roles: readers },
      { to: '/destinations', label: 'destinations', icon: IconSend, roles: readers },
      { to: '/kiosks', label: 'kiosks', icon: IconDeviceTablet, roles: readers },
    ],
  },
  {
    label: 'groupOperations',
    entries: [
      { to: '/alerts', label: 'alerts', icon: IconBell, roles: readers },
      { to: '/jobs', label: 'jobs', icon: IconStack2, appliance: true },
      { to: '/audit', label: 'auditLog', icon: IconFileText, roles: auditors },
      { to: '/backups', label: 'backups', icon: IconDatabaseExport, appliance: true },
    ],
  },
  {
    label: 'groupOrganization',
    entries: [
      { to: '/administrators', label: 'administrators', icon: IconUsersGroup, roles: ['owner', 'auditor'] },
      { to: '/approvals', label: 'approvals', icon: IconEyeCheck, roles: readers },
      { to: '/evidence', label: 'evidence', icon: IconFileCertificate, roles: readers },
      { to: '/settings', label: 'settings', icon: IconSettings, roles: readers },
    ],
  },
];

/** Where a reader with this role begins. */
export const firstScreenOf = (user: { role: Role; applianceOwner: boolean }): string =>
  navigation.flatMap(({ entries }) => entries).find((entry) => mayOpen(entry, user))?.to ?? '/settings';
