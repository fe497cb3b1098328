import { connection } from 'next/server';
import { signUp } from './actions';

export default async function Page({ searchParams }) {
  // HUMA_BASE_URL is read when the page is asked for, not when it is built.
  await connection();
  const { error, welcome } = await searchParams;
  return (
    <main>
      <script src={`${process.env.HUMA_BASE_URL}/sdk/gatehouse.js`} async />
      <h1>Sign up</h1>
      <form action={signUp}>
        <label>
          Name <input name="name" required />
        </label>
        {/* The script fills it when the form is sent. */}
        <input type="hidden" name="huma_signals" />
        <button type="submit">Sign up</button>
      </form>
      <p role="status">{welcome ? `Welcome, ${welcome}.` : error}</p>
    </main>
  );
}
