import {
  IconAdjustmentsHorizontal,
  IconDeviceTablet,
  IconFingerprint,
  IconRoute,
  IconUserPlus,
  type TablerIcon,
} from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { managers, mayOpen, operators, type ScreenData } from '../screen-data.ts';
import { useSession } from '../session/session-query.ts';
import { actionStrings } from './action-strings.ts';

interface PaletteAction extends ScreenData {
  label: keyof (typeof actionStrings)['en'];
  /** Where it begins: an action that destroys opens its page, and never runs from the palette. */
  href: string;
  /** The route behind `href`. */
  route: string;
  icon?: TablerIcon;
}

/** Every action of the palette; one is offered where its route exists and the role may open it. */
const actions: readonly PaletteAction[] = [
  { label: 'enroll', href: '/enroll', route: '/enroll', icon: IconUserPlus, roles: operators },
  {
    label: 'importMany',
    href: '/people/import',
    route: '/people/import',
    icon: IconUserPlus,
    roles: operators,
  },
  {
    label: 'pairKiosk',
    href: '/kiosks/pair',
    route: '/kiosks/pair',
    icon: IconDeviceTablet,
    roles: managers,
  },
  {
    label: 'newProfile',
    href: '/profiles/new',
    route: '/profiles/new',
    icon: IconAdjustmentsHorizontal,
    roles: managers,
  },
  { label: 'newFlow', href: '/flows/new', route: '/flows/new', icon: IconRoute, roles: managers },
  {
    label: 'newScope',
    href: '/uniqueness/new',
    route: '/uniqueness/new',
    icon: IconFingerprint,
    roles: managers,
  },
];

export function usePaletteActions(): { label: string; href: string; icon?: TablerIcon }[] {
  const t = useStrings(actionStrings);
  const { routesByPath } = useRouter();
  const { user } = useSession();
  return actions
    .filter((action) => action.route in routesByPath && mayOpen(action, user))
    .map(({ label, href, icon }) => ({ label: t(label), href, icon }));
}
