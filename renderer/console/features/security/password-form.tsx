import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { SecretField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { auth } from '../../api/auth.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useSession } from '../../session/session-query.ts';
import { securityStrings } from './strings.ts';

/** As the engine asks; it refuses known and weak passwords too. */
const SHORTEST = 12;

export function PasswordForm() {
  const t = useStrings(securityStrings);
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const queryClient = useQueryClient();
  const form = useForm({
    resolver: zodResolver(
      z.object({
        current: z.string().min(1, t('currentMissing')),
        next: z.string().min(SHORTEST, t('nextShort', { count: SHORTEST })),
      }),
    ),
    mode: 'onTouched',
    defaultValues: { current: '', next: '' },
  });
  const change = useMutation({
    mutationFn: ({ current, next }: { current: string; next: string }) => auth.changePassword(current, next),
    async onSuccess() {
      form.reset();
      toast(t('passwordChanged'), { text: t('othersEnded') });
      await queryClient.invalidateQueries({ queryKey: ['own-sessions'] });
    },
  });
  return (
    <Card title={t('password')}>
      <Form
        form={form}
        onSubmit={(values) => change.mutate(values)}
        failed={change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
      >
        <Stack>
          {/* Password managers find the account by it. */}
          <input type="hidden" name="username" autoComplete="username" value={user.email} readOnly />
          <SecretField
            control={form.control}
            name="current"
            label={t('current')}
            autoComplete="current-password"
          />
          <SecretField
            control={form.control}
            name="next"
            label={t('next')}
            hint={t('nextHint', { count: SHORTEST })}
            autoComplete="new-password"
          />
          <Row>
            <Button type="submit" busy={change.isPending}>
              {t('changePassword')}
            </Button>
          </Row>
        </Stack>
      </Form>
    </Card>
  );
}
