import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Choice } from '../../../ui/forms/choice.tsx';
import { Row } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { DropModels } from '../models/index.ts';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

/** Models of presentation attack detection that are in use; two files make a set. */
const NEEDED = 2;

/** Liveness required, with the files for it; or faces matched only. */
export function AttackStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { save, finish, later, back } = useSavedStep('attack-detection');
  const [choice, setChoice] = useState<'liveness' | 'match-only'>(
    organization.matchOnly ? 'match-only' : 'liveness',
  );
  const models = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/models', { signal })),
  });
  const pad = models.data?.items.filter(({ role, enabled }) => role === 'pad' && enabled) ?? [];
  const missing = models.data !== undefined && pad.length < NEEDED;
  const matchOnly = choice === 'match-only';
  return (
    <SetupFrame
      step="attack-detection"
      saved={organization.setupSteps ?? {}}
      title={t('attackTitle')}
      lead={t('attackLead')}
    >
      {models.error && <LoadFailed error={models.error} retry={() => void models.refetch()} />}
      <Choice
        legend={t('step-attack-detection')}
        value={choice}
        choose={setChoice}
        options={[
          {
            value: 'liveness',
            label: t('requireLiveness'),
            hint: t('requireLivenessHint'),
            more: missing ? (
              <>
                <DropModels imported={() => void models.refetch()} />
                <p className="small muted">
                  {t.rich('whereFiles', { code: (inside) => <code>{inside}</code> })}
                </p>
              </>
            ) : (
              <Row>
                {pad.map(({ id, name }) => (
                  <Badge key={id} kind="ok">
                    {name}
                  </Badge>
                ))}
              </Row>
            ),
          },
          {
            value: 'match-only',
            label: t('matchOnly'),
            hint: t.rich('matchOnlyHint', { code: (inside) => <code>{inside}</code> }),
            more: <Note kind="warn" title={t('matchOnlyWarning')} />,
          },
        ]}
      />
      {save.error && <LoadFailed error={save.error} title={t('failed')} />}
      <StepActions back={back} later={later} note={missing && !matchOnly ? t('attackReminder') : undefined}>
        <Button kind="primary" busy={save.isPending} onClick={() => finish({ matchOnly })}>
          {t('continue')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}
