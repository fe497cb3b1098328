import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, Navigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ToastRegion } from '../../../ui/feedback/toasts.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { type SetupState, setup } from '../../api/setup.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { sessionQuery } from '../../session/session-query.ts';
import { StepUpDialog } from '../../session/step-up.tsx';
import { OrganizationStep, OwnerStep, TokenStep } from './first-steps.tsx';
import { DoneStep, FactorStep } from './last-steps.tsx';
import { SetupFrame } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';

export const Route = createLazyRoute('/setup')({ component: SetupScreen });

const stateKey = ['setup'] as const;

/** Takes the token out of the address, so that it stays neither there nor in the history. */
function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (token !== '') history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

function SetupScreen() {
  return (
    <>
      <Steps />
      <StepUpDialog />
      <ToastRegion />
    </>
  );
}

function Steps() {
  const [token] = useState(takeToken);
  const [named, setNamed] = useState(false);
  const queryClient = useQueryClient();
  const state = useQuery({ queryKey: stateKey, queryFn: setup.state });
  const next = (now: SetupState) => queryClient.setQueryData(stateKey, now);
  const readAgain = async () => {
    await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
    await state.refetch();
  };
  if (state.error) return <LoadFailed error={state.error} retry={() => void state.refetch()} />;
  if (!state.data) return null;
  switch (state.data.state) {
    case 'open':
      return <TokenStep token={token} next={next} />;
    case 'mine':
      return named ? (
        <OwnerStep state={state.data} made={readAgain} />
      ) : (
        <OrganizationStep
          state={state.data}
          next={(now) => {
            next(now);
            setNamed(true);
          }}
        />
      );
    case 'closed':
      return <AfterOwner again={readAgain} />;
    default:
      return <NeedsToken state={state.data.state} />;
  }
}

/** The box has an owner: with a session setup continues, without one the person signs in. */
function AfterOwner({ again }: { again(): Promise<void> }) {
  const session = useQuery(sessionQuery);
  if (session.isPending) return null;
  if (!session.data) return <Navigate to="/sign-in" />;
  const { user, limitedTo } = session.data;
  return user.factorDueAt || limitedTo ? <FactorStep done={again} /> : <DoneStep />;
}

function NeedsToken({ state }: { state: 'claimed' | 'expired' }) {
  const t = useStrings(setupStrings);
  return (
    <SetupFrame
      step="stepToken"
      title={t(`${state}Title`)}
      lead={t.rich(`${state}Text`, { code: (inside) => <code>{inside}</code> })}
    />
  );
}
