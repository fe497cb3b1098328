import { Outlet, useMatches } from '@tanstack/react-router';
import { ToastRegion } from '../../ui/feedback/toasts.tsx';
import { mayOpen } from '../screen-data.ts';
import { useSession } from '../session/session-query.ts';
import { StepUpDialog } from '../session/step-up.tsx';
import { Frame } from './frame.tsx';
import { Refused } from './lost-pages.tsx';

/** Every page of the console: inside the frame, but for those that are open before sign-in. */
export function Root() {
  const matches = useMatches();
  if (matches.some(({ staticData }) => staticData.open)) return <Outlet />;
  return (
    <>
      <Frame>
        <Screen />
      </Frame>
      <StepUpDialog />
      <ToastRegion />
    </>
  );
}

function Screen() {
  const { user } = useSession();
  const matches = useMatches();
  return matches.every(({ staticData }) => mayOpen(staticData, user)) ? <Outlet /> : <Refused />;
}
