import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, Maturity } from '../../../ui/controls/index.ts';
import { Choice } from '../../../ui/forms/index.ts';
import { KeyValues, Note } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { useModelText, useModelWords } from '../../reasons/model-text.ts';
import { modelsQuery } from '../models/index.ts';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

/** What is installed, and whether liveness is required, or faces are matched only. */
export function AttackStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { frame, save, finish, later, back } = useSavedStep('attack-detection', organization);
  const [choice, setChoice] = useState<'liveness' | 'match-only'>(
    organization.matchOnly ? 'match-only' : 'liveness',
  );
  const { data, error, refetch } = useQuery(modelsQuery);
  return (
    <SetupFrame {...frame} title={t('attackTitle')} lead={t('attackLead')}>
      <Refused of={{ error, refetch }} />
      <Choice
        legend={t('step-attack-detection')}
        value={choice}
        choose={setChoice}
        options={[
          {
            value: 'liveness',
            label: t('requireLiveness'),
            hint: t('requireLivenessHint'),
            more: data && <Installed models={data} />,
          },
          {
            value: 'match-only',
            label: t('matchOnly'),
            hint: t.rich('matchOnlyHint', { code: (inside) => <code>{inside}</code> }),
            more: <Note kind="warn" title={t('matchOnlyWarning')} />,
          },
        ]}
      />
      <Refused of={save} title={t('failed')} />
      <StepActions back={back} later={later}>
        <Button
          kind="primary"
          busy={save.isPending}
          onClick={() => finish({ matchOnly: choice === 'match-only' })}
        >
          {t('continue')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}

/** The set in use: whose it is, its licence, and what was measured with it. */
function Installed({ models: { items, padSets } }: { models: Schemas['Models'] }) {
  const t = useStrings(setupStrings);
  const format = useFormat();
  const textOf = useModelText();
  const wordsOf = useModelWords();
  const set = padSets.find(({ inUse }) => inUse);
  if (set === undefined)
    return (
      <Note kind="warn" title={t('attackOff')}>
        {t.rich('attackOffText', { link: (inside) => <Link to="/models">{inside}</Link> })}
      </Note>
    );
  const parts = items.filter(({ id }) => set.models.includes(id));
  const said = (texts: readonly (string | undefined)[]) => {
    const different = [...new Set(texts.filter((text) => text !== undefined))];
    return different.length > 0 && different.map((text) => <div key={text}>{text}</div>);
  };
  const figures = ({ score, apcer, bpcer }: typeof set.threshold) =>
    t('attackFiguresText', {
      threshold: format.score(score),
      apcer: format.percent(apcer),
      bpcer: format.percent(bpcer),
    });
  return (
    <KeyValues
      entries={{
        [t('attackSet')]: (
          <>
            {wordsOf(set.name)} <Maturity level={set.maturity} />
          </>
        ),
        [t('attackOrigin')]: said(parts.map(({ id, provenance }) => textOf('provenance', id, provenance))),
        [t('attackLicence')]: said(parts.map(({ licence }) => wordsOf(licence))),
        [t('attackDoubts')]: said(parts.map(({ id, doubts }) => doubts && textOf('doubts', id, doubts))),
        [t('attackData')]: said(
          set.accuracy.map(({ data, date }) =>
            t('attackDataText', { data: textOf('data', set.id, data), date: format.date(new Date(date)) }),
          ),
        ),
        [t('attackEveryday')]: set.everyday && figures(set.everyday),
        [t('attackStrict')]: figures(set.threshold),
        [t('attackNot')]: t('attackNotText'),
      }}
    />
  );
}
