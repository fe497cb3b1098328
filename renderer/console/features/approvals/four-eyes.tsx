import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Badge } from '../../../ui/badges/badge.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { useSession } from '../../session/session-query.ts';
import { approvalStrings } from './strings.ts';

/** Whether two administrators are asked for; an owner switches it. */
export function FourEyes() {
  const t = useStrings(approvalStrings);
  const { user } = useSession();
  const queryClient = useQueryClient();
  const { data } = useQuery(organizationQuery);
  const required = data?.fourEyes ?? false;
  const change = useMutation({
    mutationFn: () =>
      replyOf(admin.PUT('/api/admin/organization/four-eyes', { body: { required: !required } })),
    async onSuccess(reply) {
      toast(t(reply.required ? 'switchedOn' : 'switchedOff'));
      await queryClient.invalidateQueries(organizationQuery);
    },
  });
  if (!data) return null;
  return (
    <Card title={t('switch')}>
      <Stack gap={12}>
        <Row>
          <Badge kind={required ? 'ok' : 'outline'}>{t(required ? 'on' : 'off')}</Badge>
          <span>{t(required ? 'whileOn' : 'whileOff')}</span>
        </Row>
        <p className="small muted">{t('bounds')}</p>
        {change.error && <LoadFailed error={change.error} title={t('notSwitched')} />}
        {user.role === 'owner' && (
          <Row>
            <Button busy={change.isPending} onClick={() => change.mutate()}>
              {t(required ? 'switchOff' : 'switchOn')}
            </Button>
          </Row>
        )}
      </Stack>
    </Card>
  );
}
