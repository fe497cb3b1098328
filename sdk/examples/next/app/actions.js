// Bot-check a form inside a Server Action
'use server';
import { humaFormCheck } from '@gatehouse/sdk/huma/next';
import { redirect } from 'next/navigation';

export async function signUp(formData) {
  const check = await humaFormCheck(formData); // uses HUMA_API_KEY env
  if (!check.human) redirect('/?error=bot_detected');
  // ...create the account
  redirect(`/?welcome=${encodeURIComponent(formData.get('name'))}`);
}
