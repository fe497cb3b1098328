import { useQueryClient } from '@tanstack/react-query';
import { Refusal } from '../../ui/refusal.ts';
import { auth } from '../api/auth.ts';

/** Where the session has ended: forgets what this page has loaded. It is loaded anew, so that nothing of it stays in memory. */
export function useLeave(): () => void {
  const queryClient = useQueryClient();
  return () => {
    queryClient.clear();
    location.assign('/console/sign-in');
  };
}

/** Ends the session of this page. */
export function useSignOut(): () => Promise<void> {
  const leave = useLeave();
  return async () => {
    try {
      await auth.signOut();
    } catch (error) {
      // Over already: that is what was asked for.
      if (!(error instanceof Refusal && error.status === 401)) throw error;
    }
    leave();
  };
}
