import { useRouter } from '@tanstack/react-router';
import { mayOpen } from '../screen-data.ts';
import { useSession } from '../session/session-query.ts';
import { type NavigationGroup, navigation } from './navigation.ts';

/** What the reader may open, of the screens that this build has. */
export function useNavigation(): NavigationGroup[] {
  const { routesByPath } = useRouter();
  const { user, limitedTo } = useSession();
  if (limitedTo === 'enrollment') return [];
  return navigation
    .map((group) => ({
      ...group,
      entries: group.entries.filter((entry) => entry.to in routesByPath && mayOpen(entry, user)),
    }))
    .filter(({ entries }) => entries.length > 0);
}
