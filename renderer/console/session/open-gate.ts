import type { QueryClient } from '@tanstack/react-query';
import type { AnyRouter } from '@tanstack/react-router';
import { setGate } from '../api/send.ts';
import { sessionQuery } from './session-query.ts';
import { askForProof } from './step-up.tsx';

/** What every request of the console may need of the person: to sign in again, or to prove a second factor. */
export function openGate(router: AnyRouter, queryClient: QueryClient): void {
  setGate({
    signIn() {
      queryClient.setQueryData(sessionQuery.queryKey, null);
      void router.invalidate();
    },
    proveAgain: askForProof,
  });
}
