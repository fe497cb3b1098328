import { signUp } from './actions';
import { Signals } from './signals';

export default async function Page({ searchParams }) {
  const { error, welcome } = await searchParams;
  return (
    <main>
      <Signals />
      <h1>Sign up</h1>
      <form action={signUp}>
        <label>
          Name <input name="name" required />
        </label>
        {/* Filled when the form is sent. */}
        <input type="hidden" name="huma_signals" />
        <button type="submit">Sign up</button>
      </form>
      <p role="status">{welcome ? `Welcome, ${welcome}.` : error}</p>
    </main>
  );
}
