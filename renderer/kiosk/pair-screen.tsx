import { useEffect, useState } from 'react';
import { Said, type Words } from '../ui/said.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import { pairing } from './api.ts';
import {
  type Claimed,
  type DeviceIdentity,
  keepClaim,
  keepIdentity,
  makeKey,
  readClaim,
} from './device-key.ts';
import { Field, Form } from './form.tsx';
import { Frame, Settings } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import { useRefusalWords } from './refusal-words.ts';

const POLL = 1_000;

/** The code, then the wait for the person at the box. */
export function PairScreen({ paired }: { paired(identity: DeviceIdentity): void }) {
  const t = useStrings(kioskStrings);
  const [claimed, setClaimed] = useState<Claimed>();
  const wordsOf = useRefusalWords('pair');
  const [problem, setProblem] = useState<Words>();
  useEffect(() => {
    void readClaim().then(
      (kept) => kept?.claim && setClaimed(kept),
      () => undefined,
    );
  }, []);
  async function send(typed: FormData) {
    const code = String(typed.get('code') ?? '');
    const { key, publicKey } = await makeKey();
    // The box would make a kiosk of which this browser keeps no key.
    const keeps = await keepClaim({ key }).then(
      () => true,
      () => false,
    );
    if (!keeps) return setProblem({ text: t('keepsNothing') });
    try {
      const now = { ...(await pairing.claim(code, publicKey)), key };
      await keepClaim(now);
      setClaimed(now);
      setProblem(undefined);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  }
  useEffect(() => {
    if (!claimed) return;
    const gone = new AbortController();
    const timer = setInterval(async () => {
      const outcome = await pairing.outcome(claimed.claim, gone.signal).catch(() => undefined);
      if (gone.signal.aborted) return;
      if (outcome?.is === 'ended') {
        await keepClaim(undefined);
        setClaimed(undefined);
        setProblem({ text: t('revoked') });
      }
      if (outcome?.is !== 'paired') return;
      clearInterval(timer);
      const identity = { kiosk: outcome.kiosk, key: claimed.key };
      await keepIdentity(identity);
      paired(identity);
    }, POLL);
    return () => {
      clearInterval(timer);
      gone.abort();
    };
  }, [claimed, paired, t]);
  const main = claimed ? (
    <div className="k-form">
      <h1>{t('confirmTitle')}</h1>
      <p>{t('confirmText')}</p>
      <output className="k-print">{claimed.fingerprint}</output>
    </div>
  ) : (
    <Form send={send}>
      {(busy) => (
        <>
          <h1>{t('pairTitle')}</h1>
          <p>{t('pairText')}</p>
          <Field label={t('code')} name="code" required maxLength={20} className="k-code" />
          {problem && (
            <p role="alert">
              <Said {...problem} />
            </p>
          )}
          <button type="submit" className="k-btn primary" aria-disabled={busy}>
            {t('pair')}
          </button>
        </>
      )}
    </Form>
  );
  return <Frame key={claimed ? 'confirm' : 'code'} main={main} footer={<Settings />} />;
}
