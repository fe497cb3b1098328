import { HumaGate, useHuma, useHumaSession } from '@gatehouse/sdk/huma/react';
import { useState } from 'react';

const connection = {
  baseUrl: import.meta.env.VITE_HUMA_BASE_URL,
  apiKey: import.meta.env.VITE_HUMA_PAGE_KEY,
};

/** Verifies on submit, and shows a challenge where the confidence is uncertain. Your server verifies the token: POST /api/v1/tokens/verify. */
export function SignUp({ userId, send }) {
  const [status, setStatus] = useState('');
  const onPass = (result) => {
    setStatus(result.outage ? 'Welcome (not checked).' : 'Welcome.');
    send(result.token);
  };
  return (
    <>
      <HumaGate
        {...connection}
        userId={userId}
        onPass={onPass}
        onBlock={() => setStatus('That did not look like a person.')}
      >
        <form>
          <label>
            Name <input name="name" autoComplete="name" required />
          </label>
          <button type="submit">Sign up</button>
        </form>
      </HumaGate>
      <p id="sign-up">{status}</p>
    </>
  );
}

/** A button of its own, for an action that counts. */
export function Pay({ userId, pay }) {
  const { verify, collecting, error } = useHuma({ ...connection, userId });
  const onClick = async () => {
    const result = await verify();
    if (result.human) pay(result.token);
  };
  return (
    <>
      <button type="button" disabled={!collecting} onClick={onClick}>
        Pay
      </button>
      {error && <p>{error.message}</p>}
    </>
  );
}

/** Beside the page of a signed-in user: begins when `verify` gave a token for this user. */
export function Watch({ userId, logout }) {
  useHumaSession({
    ...connection,
    userId,
    interval: 45_000, // heartbeat every 45s
    onAnomaly: (action) => {
      if (action === 'block') logout(); // account takeover detected
    },
  });
  return null;
}
