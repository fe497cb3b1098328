import { useQuery, useQueryClient } from '@tanstack/react-query';
import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api } from '../../data.ts';
import { OperationForm, Refused, useOperation } from '../../operations.ts';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

const Field = fieldsOf<{ to: string; note: string }>()(setupStrings);

const key = ['grants', 'setup'] as const;

/** What may leave the box: nothing, until the owner grants it. */
export function DestinationsStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { frame, save, finish, later, back } = useSavedStep('destinations', organization);
  const queryClient = useQueryClient();
  const read = () => queryClient.invalidateQueries({ queryKey: ['grants'] });
  const grants = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.get('/api/admin/grants', { revoked: 'false', limit: 100 }, signal),
  });
  const revoke = useOperation((id: string) => api.delete('/api/admin/grants/{id}', { id }), { done: read });
  const items = grants.data?.items ?? [];
  const grant = useGrant(read);
  return (
    <SetupFrame {...frame} title={t('leaveTitle')} lead={t('leaveLead')}>
      <Refused of={grants} />
      {grants.data && items.length === 0 && (
        <Note kind="ok" title={t('leaveNothing')}>
          {t('leaveNothingText')}
        </Note>
      )}
      {items.length > 0 && (
        <Card title={t('granted')}>
          <ul className={styles.grants}>
            {items.map(({ id, to, note }) => (
              <li key={id}>
                <span>
                  <code>{to}</code> <span className="small muted">{note}</span>
                </span>
                <Button small busy={revoke.isPending} onClick={() => revoke.mutate(id)}>
                  {t('takeBack')}
                </Button>
              </li>
            ))}
          </ul>
          <Refused of={revoke} title={t('failed')} />
        </Card>
      )}
      <AddGrant grant={grant} />
      <Refused of={save} title={t('failed')} />
      <StepActions back={back} later={later}>
        <Button
          kind="primary"
          busy={save.isPending || grant.add.isPending}
          onClick={() => (grant.isEntered() ? grant.submit(() => finish()) : finish())}
        >
          {t('continue')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}

function useGrant(added: () => Promise<void>) {
  const t = useStrings(setupStrings);
  const form = useCheckedForm(
    z.object({ to: z.string().trim().min(1, t('toMissing')), note: z.string().trim() }),
    { to: '', note: '' },
  );
  const add = useOperation(
    ({ to, note }: { to: string; note: string }) =>
      api.post('/api/admin/grants', {}, { to, ...(note === '' ? {} : { note }) }),
    {
      done: async () => {
        form.reset();
        await added();
      },
    },
  );
  return {
    form,
    add,
    /** What is entered and not granted yet: Continue grants it first. */
    isEntered: () => form.getValues().to.trim() !== '',
    submit: (then?: () => void) =>
      void form.handleSubmit((values) => add.mutate(values, { onSuccess: () => then?.() }))(),
  };
}

function AddGrant({ grant: { form, add } }: { grant: ReturnType<typeof useGrant> }) {
  const t = useStrings(setupStrings);
  return (
    <Card title={t('grant')}>
      <OperationForm form={form} operation={add} refusal={t('notGranted')}>
        <Stack>
          <Field name="to" maxLength={300} />
          <Field name="note" optional maxLength={300} />
          <Row>
            <Button type="submit" busy={add.isPending}>
              {t('grantNow')}
            </Button>
          </Row>
        </Stack>
      </OperationForm>
    </Card>
  );
}
