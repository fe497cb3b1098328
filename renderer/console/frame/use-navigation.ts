import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { nodesQuery } from '../queries.ts';
import { mayOpen } from '../screen-data.ts';
import { useSession } from '../session/session-query.ts';
import { type NavigationGroup, navigation } from './navigation.ts';

/** Milliseconds: that a service becomes a node needs a restart of it. */
const NODES_EVERY = 10 * 60_000;

/** What the reader may open, of the screens that this build has. */
export function useNavigation(): NavigationGroup[] {
  const { routesByPath } = useRouter();
  const { user, limitedTo } = useSession();
  const mayAsk = user.applianceOwner && limitedTo === undefined;
  const { data } = useQuery({ ...nodesQuery, enabled: mayAsk, staleTime: NODES_EVERY });
  const isNode = data?.items.some(({ id }) => id !== undefined) ?? false;
  if (limitedTo === 'enrollment') return [];
  return navigation
    .map((group) => ({
      ...group,
      entries: group.entries.filter(
        (entry) => entry.to in routesByPath && mayOpen(entry, user) && (!entry.ofNodes || isNode),
      ),
    }))
    .filter(({ entries }) => entries.length > 0);
}
