import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

const key = ['grants', 'setup'] as const;

/** What may leave the box: nothing, until the owner grants it. */
export function DestinationsStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { save, finish, later, back } = useSavedStep('destinations');
  const queryClient = useQueryClient();
  const read = () => queryClient.invalidateQueries({ queryKey: ['grants'] });
  const grants = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/grants', { params: { query: { revoked: 'false', limit: 100 } }, signal }),
      ),
  });
  const revoke = useMutation({
    mutationFn: (id: string) =>
      replyOf(admin.DELETE('/api/admin/grants/{id}', { params: { path: { id }, query: {} } })),
    onSuccess: read,
  });
  const items = grants.data?.items ?? [];
  return (
    <SetupFrame
      step="destinations"
      saved={organization.setupSteps ?? {}}
      title={t('leaveTitle')}
      lead={t('leaveLead')}
    >
      {grants.error && <LoadFailed error={grants.error} retry={() => void grants.refetch()} />}
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
          {revoke.error && <LoadFailed error={revoke.error} title={t('failed')} />}
        </Card>
      )}
      <AddGrant added={read} />
      {save.error && <LoadFailed error={save.error} title={t('failed')} />}
      <StepActions back={back} later={later}>
        <Button kind="primary" busy={save.isPending} onClick={() => finish()}>
          {t('continue')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}

function AddGrant({ added }: { added(): Promise<void> }) {
  const t = useStrings(setupStrings);
  const form = useForm({
    resolver: zodResolver(
      z.object({ to: z.string().trim().min(1, t('toMissing')), note: z.string().trim() }),
    ),
    mode: 'onTouched',
    defaultValues: { to: '', note: '' },
  });
  const add = useMutation({
    mutationFn: ({ to, note }: { to: string; note: string }) =>
      replyOf(
        admin.POST('/api/admin/grants', {
          params: { query: {} },
          body: { to, ...(note === '' ? {} : { note }) },
        }),
      ),
    async onSuccess() {
      form.reset();
      await added();
    },
  });
  return (
    <Card title={t('grant')}>
      <Form
        form={form}
        onSubmit={(values) => add.mutate(values)}
        failed={add.error && <LoadFailed error={add.error} title={t('notGranted')} />}
      >
        <Stack>
          <TextField control={form.control} name="to" label={t('to')} hint={t('toHint')} maxLength={300} />
          <TextField
            control={form.control}
            name="note"
            label={t('why')}
            hint={t('whyHint')}
            optional
            maxLength={300}
          />
          <Row>
            <Button type="submit" busy={add.isPending}>
              {t('grantNow')}
            </Button>
          </Row>
        </Stack>
      </Form>
    </Card>
  );
}
