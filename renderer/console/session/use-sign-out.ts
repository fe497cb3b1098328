import { useQueryClient } from '@tanstack/react-query';
import { Refusal } from '../../ui/refusal.ts';
import { auth } from '../api/auth.ts';

/** Ends the session and forgets what this page has loaded. The page is loaded anew, so that nothing of it stays in memory. */
export function useSignOut(): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    try {
      await auth.signOut();
    } catch (error) {
      // Over already: that is what was asked for.
      if (!(error instanceof Refusal && error.status === 401)) throw error;
    }
    queryClient.clear();
    location.assign('/console/sign-in');
  };
}
