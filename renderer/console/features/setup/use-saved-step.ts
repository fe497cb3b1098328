import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { api, organizationQuery, type Schemas } from '../../data.ts';
import { useOperation } from '../../operations.ts';
import { type AssistantStep, type SavedStep, stepAfter, stepBefore } from './steps.ts';

export interface StepProps {
  organization: Schemas['Organization'];
}

/** Saves how a step ended, and shows the next one. `change`: what the step sets of the organization, saved with it. */
export function useSavedStep(step: SavedStep, organization: Schemas['Organization']) {
  const queryClient = useQueryClient();
  const router = useRouter();
  const show = (next: AssistantStep) => router.navigate({ to: '/setup', search: { step: next } });
  const before = stepBefore(step);
  const save = useOperation(
    ({ state, change }: { state: 'done' | 'later'; change?: Schemas['OrganizationChange'] }) =>
      api.patch('/api/admin/organization', {}, { ...change, setupSteps: { [step]: state } }),
    {
      refresh: ['overview'],
      done: async (organization) => {
        queryClient.setQueryData(organizationQuery.queryKey, organization);
        await show(stepAfter(step));
      },
    },
  );
  return {
    /** For the SetupFrame. */
    frame: { step, saved: organization.setupSteps ?? {} },
    save,
    finish: (change?: Schemas['OrganizationChange']) => save.mutate({ state: 'done', change }),
    later: () => save.mutate({ state: 'later' }),
    back: before === undefined ? undefined : () => void show(before),
  };
}
