import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { behaviorStrings } from './strings.ts';

type Agents = Schemas['BehaviorSettings']['agents'];

function useAgents(done: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (agents: Agents) =>
      replyOf(admin.PUT('/api/admin/behavior/settings', { params: { query: {} }, body: { agents } })),
    async onSuccess() {
      toast(done);
      await queryClient.invalidateQueries({ queryKey: ['behavior-settings'] });
    },
  });
}

/** Agents whose public keys are pinned: each is added and removed at once. */
export function AgentsCard({ agents, mayChange }: { agents: Agents; mayChange: boolean }) {
  const t = useStrings(behaviorStrings);
  const removing = useAgents(t('agentRemoved'));
  return (
    <Card title={t('agentsTitle')}>
      <Stack>
        <p className="small muted">{t('agentsText')}</p>
        {agents.length === 0 && <p className="small">{t('agentsNone')}</p>}
        {removing.error && <LoadFailed error={removing.error} />}
        {agents.map(({ name, keys }) => (
          <Row key={name} between>
            <div>
              <b>{name}</b>
              {keys.map((key) => (
                <div key={key} className="small" style={{ overflowWrap: 'anywhere' }}>
                  <code>{key}</code>
                </div>
              ))}
            </div>
            {mayChange && (
              <Button
                kind="dangerQuiet"
                aria-label={t('removeAgent', { name })}
                busy={removing.isPending}
                onClick={() => removing.mutate(agents.filter((one) => one.name !== name))}
              >
                {t('removeAgentShort')}
              </Button>
            )}
          </Row>
        ))}
        {mayChange && <AddAgent agents={agents} />}
      </Stack>
    </Card>
  );
}

function AddAgent({ agents }: { agents: Agents }) {
  const t = useStrings(behaviorStrings);
  const ui = useStrings(uiStrings);
  const form = useForm({
    resolver: zodResolver(
      z.object({
        name: z.string().trim().min(1, t('agentNameMissing')).max(64),
        key: z
          .string()
          .trim()
          .regex(/^[A-Za-z0-9_-]{43}$/, t('agentKeyWrong')),
      }),
    ),
    mode: 'onTouched',
    defaultValues: { name: '', key: '' },
  });
  const adding = useAgents(t('agentAdded'));
  return (
    <Form
      form={form}
      onSubmit={({ name, key }) =>
        adding.mutate([...agents, { name, keys: [key] }], { onSuccess: () => form.reset() })
      }
      failed={adding.error && <LoadFailed error={adding.error} title={ui('couldNotSave')} />}
    >
      <TextField control={form.control} name="name" label={t('agentName')} maxLength={64} />
      <TextField control={form.control} name="key" label={t('agentKey')} hint={t('agentKeyHint')} />
      <Row>
        <Button type="submit" busy={adding.isPending}>
          {t('addAgent')}
        </Button>
      </Row>
    </Form>
  );
}
